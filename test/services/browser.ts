import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const AXE = fileURLToPath(import.meta.resolve('axe-core/axe.min.js'))

/** A real Chromium, of the machine. */
export async function startBrowser(): Promise<Browser> {
  // The tests may run as root, for whom Chromium has no sandbox.
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
}

/** A window of somebody who has not been here before. `faults` are errors of its scripts and of its content security policy. */
export async function openWindow(
  browser: Browser,
  baseURL: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({ baseURL, viewport: { width: 1280, height: 860 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    // A refusal of the API is an answer, not a fault.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) faults.push(message.text())
  })
  return { page, faults }
}

/** A window whose person has signed in with a key and sees the page at `path`. */
export async function openSignedIn(
  browser: Browser,
  { url, path, key, ...options }: { url: string; path: string; key: string } & BrowserContextOptions,
) {
  const window = await openWindow(browser, url, options)
  await window.page.goto(path)
  await signIn(window.page, key)
  await window.page.getByLabel('API key').waitFor({ state: 'detached' })
  await window.page.getByRole('heading', { level: 1 }).waitFor()
  return window
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** What axe finds wrong with the page as it is shown: the rule, and where. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'))
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
  })
}
