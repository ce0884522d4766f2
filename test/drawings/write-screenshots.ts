/** `npm run screenshots`: photographs the dashboard for the README, in both themes and at a phone's width. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { openSignedIn, startBrowser } from '../services/browser.ts'
import { eventually } from '../services/processes.ts'
import { type Fleet, startFleet } from '../services/fleet.ts'
import prepareServices from '../services/prepare.ts'
import { FLEET, type Scene, fillBelievably } from './screenshots/believable-fleet.ts'

const FOLDER = join(import.meta.dirname, '../../docs/screenshots')
const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 360, height: 740 }

interface Shot {
  file: string
  path: string
  colorScheme: 'light' | 'dark'
  viewport: { width: number; height: number }
}

const shotsOf = ({ domainId, webhookId }: Scene): Shot[] => [
  { file: 'overview-light.png', path: '/', colorScheme: 'light', viewport: DESKTOP },
  { file: 'overview-dark.png', path: '/', colorScheme: 'dark', viewport: DESKTOP },
  { file: 'domain-light.png', path: `/domains/${domainId}`, colorScheme: 'light', viewport: DESKTOP },
  { file: 'jobs-dark.png', path: '/jobs?kind=failed&tenant=harbourside', colorScheme: 'dark', viewport: DESKTOP },
  { file: 'webhook-light.png', path: `/webhooks/${webhookId}`, colorScheme: 'light', viewport: DESKTOP },
  { file: 'domain-phone.png', path: `/domains/${domainId}`, colorScheme: 'dark', viewport: PHONE },
  { file: 'overview-phone.png', path: '/', colorScheme: 'light', viewport: PHONE },
  { file: 'jobs-phone.png', path: '/jobs?kind=failed', colorScheme: 'light', viewport: PHONE },
]

async function shoot(browser: Browser, fleet: Fleet, { file, path, colorScheme, viewport }: Shot) {
  const { apiUrl: url, apiKey: key } = fleet
  const { page } = await openSignedIn(browser, { url, path, key, colorScheme, viewport, reducedMotion: 'reduce' })
  await page.getByRole('heading', { level: 1 }).waitFor()
  await eventually('everything is there', async () => (await page.getByText('Loading…').count()) === 0)
  if (path === '/') await page.getByRole('img', { name: /^Launches/ }).waitFor()
  // Where the pointer was for signing in, a row would be lit.
  await page.mouse.move(0, 0)
  await page.screenshot({ path: join(FOLDER, file), animations: 'disabled' })
  await page.context().close()
}

await prepareServices()
mkdirSync(FOLDER, { recursive: true })
const fleet = await startFleet(FLEET)
try {
  const scene = await fillBelievably(fleet)
  await using browser = await startBrowser()
  for (const shot of shotsOf(scene)) {
    await scene.reportAll()
    await shoot(browser, fleet, shot)
  }
  scene.end()
} finally {
  await fleet.stop()
}
