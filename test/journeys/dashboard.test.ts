import { gzipSync } from 'node:zlib'
import pg from 'pg'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { axeViolations, openSignedIn, openWindow, signIn as signInWith, startBrowser } from '../services/browser.ts'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'

const MOST_SCRIPT_BYTES = 250_000

describe('the dashboard in Chromium, on the whole fleet', () => {
  let fleet: Fleet
  let browser: Browser
  beforeAll(async () => {
    fleet = await startFleet({ workers: 1, edges: 1 })
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await fleet?.stop()
  })

  const open = (options = {}) => openWindow(browser, fleet.apiUrl, options)
  const signIn = (page: Page, key = fleet.apiKey) => signInWith(page, key)
  const signedIn = (path: string, options = {}) =>
    openSignedIn(browser, { url: fleet.apiUrl, path, key: fleet.apiKey, ...options })

  it('a wrong key is told as wrong; the right one opens the page that was asked for, and signing out shuts it', async () => {
    const { page, faults } = await open()
    await page.goto('/domains?state=active')
    await signIn(page, 'a-key-that-nobody-has-given-to-anybody')
    await page.getByRole('alert').getByText('UNAUTHORIZED').waitFor()

    await signIn(page)
    await page.getByRole('heading', { name: 'Domains' }).waitFor()
    expect(new URL(page.url()).search).toBe('?state=active')
    const cookies = await page.context().cookies()
    expect(cookies.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite }))).toEqual([
      { httpOnly: true, sameSite: 'Strict' },
    ])

    await page.getByRole('button', { name: /admin$/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in to Mooring' }).waitFor()
    expect(faults).toEqual([])
  })

  it('ops find the domain whose record is missing, have it looked at once the record is there, and see it become active', async () => {
    const domain = await fleet.post('shop.stuck-customer.com')
    await fleet.saysOnCheck(domain.id, 'DNS_TXT_MISSING')
    const { page, faults } = await signedIn('/')
    await page.getByRole('button', { name: 'Live. Pause' }).waitFor()

    await page.getByRole('link', { name: /DNS_TXT_MISSING/ }).click()
    await page.getByRole('link', { name: 'shop.stuck-customer.com' }).click()
    await page.getByRole('heading', { name: 'shop.stuck-customer.com' }).waitFor()
    const state = page.getByRole('region', { name: 'State', exact: true })
    await state.getByText('Customer must act').waitFor()
    const records = page.getByRole('table', { name: 'DNS records' })
    await records.getByText('Missing').first().waitFor()
    await records.getByText('_mooring-challenge.shop.stuck-customer.com').waitFor()

    await fleet.addRecords(domain)
    await state.getByRole('button', { name: 'Check now: shop.stuck-customer.com' }).click()

    // Without a reload: the page follows what happens.
    await state.locator('.badge', { hasText: 'Active' }).waitFor({ timeout: 60_000 })
    await page.getByText('Issued').first().waitFor()
    expect(faults).toEqual([])
  })

  it('all failed jobs are retried at once, after their number was shown and confirmed', async () => {
    const hostnames = Array.from({ length: 7 }, (_, at) => `failed-${at}.bulk-customer.com`)
    for (const hostname of hostnames) await fleet.saysOnCheck((await fleet.post(hostname)).id, 'DNS_TXT_MISSING')
    await sql(`update domains set state = 'failed', next_run_at = null, lease_until = null
               where hostname like '%.bulk-customer.com'`)
    const { page, faults } = await signedIn('/jobs?kind=failed')
    await page.getByRole('table', { name: 'Jobs' }).getByText('failed-3.bulk-customer.com').first().waitFor()

    await page.getByRole('button', { name: 'All that match…' }).click()
    await page.getByRole('menuitem', { name: 'Retry all' }).click()
    const dialog = page.getByRole('dialog', { name: 'Retry 7 jobs?' })
    await dialog.getByLabel('Reason').fill('The name server is back — für alle')
    await dialog.getByRole('button', { name: 'Retry 7' }).click()

    await page.getByText('Nothing failed').waitFor()
    await eventually('none is failed', async () => (await failed()) === 0)
    expect(faults).toEqual([])
  })

  it('⌘K finds a hostname by a part of it, and the keys lead from page to page', async () => {
    await fleet.post('find-me.palette-customer.com')
    const { page } = await signedIn('/')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Hostname, page or action' }).fill('me.palette')
    await page.getByRole('option', { name: /find-me\.palette-customer\.com/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'find-me.palette-customer.com' }).waitFor()
    // Until the palette is gone, the keys are its own.
    await page.getByRole('combobox', { name: 'Hostname, page or action' }).waitFor({ state: 'hidden' })

    await page.keyboard.press('g')
    await page.keyboard.press('d')
    await page.getByRole('table', { name: 'Domains' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('find-me')
    await eventually('the filter is in the address', async () => page.url().endsWith('/domains?q=find-me'))
    await eventually('the one that fits is listed, under the heads', async () => {
      return (await page.getByRole('table', { name: 'Domains' }).getByRole('row').count()) === 2
    })
    await page.getByRole('searchbox', { name: 'Part of a hostname' }).blur()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'find-me.palette-customer.com' }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  })

  it('a viewer sees everything, and is offered nothing that changes anything', async () => {
    const { body } = await fleet.call('POST', '/v1/keys', { name: 'onlooker', role: 'viewer' })
    await fleet.post('seen.viewer-customer.com')
    const { page } = await open()
    await page.goto('/domains?q=viewer-customer')
    await signIn(page, body.key)
    await page.getByRole('link', { name: 'seen.viewer-customer.com' }).click()
    await page.getByRole('heading', { name: 'What happened' }).waitFor()
    expect(await page.getByRole('button', { name: /Actions|Check now|Retry/ }).count()).toBe(0)
    await page.goto('/settings')
    await page.getByText('This is for administrators').waitFor()
  })

  it('a service is made and gets a second server; the domain that leads to it names it, and keeps it from being deleted', async () => {
    const { page, faults } = await signedIn('/edges')
    await page.getByRole('button', { name: 'New service' }).click()
    const making = page.getByRole('dialog', { name: 'New service' })
    await making.getByLabel('Name', { exact: false }).first().fill('shop-api')
    await making.getByLabel('Servers').fill('10.20.0.11:8080\n169.254.169.254:80')
    await making.getByRole('button', { name: 'Make it' }).click()
    await making.getByText(/^169\.254\.169\.254:80: .*no service may use/).waitFor()
    await making.getByLabel('Servers').fill('10.20.0.11:8080')
    await making.getByRole('button', { name: 'Make it' }).click()
    const row = page.getByRole('table', { name: 'Services' }).getByRole('row').filter({ hasText: 'shop-api' })
    await row.getByText('10.20.0.11:8080').waitFor()

    await page.getByRole('button', { name: 'New service' }).click()
    await making.getByLabel('Name', { exact: false }).first().fill('shop-api')
    await making.getByLabel('Servers').fill('10.20.0.99:80')
    await making.getByRole('button', { name: 'Make it' }).click()
    await making.getByText('There is a service shop-api already.').waitFor()
    await page.keyboard.press('Escape')
    await making.waitFor({ state: 'detached' })

    await row.getByRole('button', { name: 'Edit shop-api' }).click()
    const editing = page.getByRole('dialog', { name: 'Edit shop-api' })
    await editing.getByLabel('Servers').fill('10.20.0.11:8080\n10.20.0.12:8080')
    await editing.getByRole('button', { name: 'Save' }).click()
    await row.getByText('10.20.0.12:8080').waitFor()

    const { id, hostname } = await fleet.post('shop.serviced-customer.com')
    await page.goto(`/domains/${id}`)
    await page.getByRole('button', { name: 'Actions' }).click()
    await page.getByRole('menuitem', { name: 'Retarget' }).click()
    const retargeting = page.getByRole('dialog', { name: `Retarget ${hostname}` })
    await retargeting.getByLabel('Lead visitors to').selectOption('A service of the platform')
    await retargeting.getByRole('combobox', { name: 'Service', exact: true }).selectOption('shop-api')
    await retargeting.getByRole('button', { name: 'Retarget' }).click()
    await page.getByRole('link', { name: 'service shop-api' }).click()

    await row.getByRole('button', { name: 'Delete shop-api' }).click()
    const deleting = page.getByRole('dialog', { name: 'Delete shop-api?' })
    await deleting.getByRole('button', { name: 'Delete' }).click()
    await deleting.getByText('Domains have shop-api as their target').waitFor()
    await deleting.getByRole('button', { name: 'Leave it' }).click()
    await row.getByRole('link', { name: 'shop-api' }).click()
    await page.getByRole('link', { name: hostname }).waitFor()
    expect(new URL(page.url()).search).toBe('?service=shop-api')
    expect(faults).toEqual([])
  })

  it('a key of a tenant is shown no services; its domain names its own, which leads nowhere', async () => {
    await fleet.call('PUT', '/v1/services/hidden-api', { servers: ['10.20.0.11:8080'] })
    const target = { type: 'proxy', service: 'hidden-api' }
    const { id } = await fleet.post('shop.tenant-customer.com', { tenant: 'looking', target })
    const { body } = await fleet.call('POST', '/v1/keys', { name: 'of-tenant', role: 'operator', tenant: 'looking' })
    const { page } = await open()
    await page.goto(`/domains/${id}`)
    await signIn(page, body.key)
    await page.getByText('service hidden-api').waitFor()
    expect(await page.getByRole('link', { name: 'service hidden-api' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Actions' }).click()
    await page.getByRole('menuitem', { name: 'Retarget' }).click()
    expect(await page.getByRole('textbox', { name: 'Service' }).inputValue()).toBe('hidden-api')
    await page.goto('/edges')
    await page.getByRole('alert').first().waitFor()
    expect(await page.getByRole('heading', { name: 'Services' }).count()).toBe(0)
  })

  it.each(['light', 'dark'] as const)(
    'axe finds nothing on any page, and none is wider than a phone: %s',
    async (colorScheme) => {
      const { page, faults } = await signedIn('/', { colorScheme })
      const found: Record<string, string[]> = {}
      for (const path of await paths(`${colorScheme}.looked-at-customer.com`)) {
        for (const width of [1280, 360]) {
          await page.setViewportSize({ width, height: 800 })
          await page.goto(path)
          await page.getByRole('heading', { level: 1 }).waitFor()
          await eventually('everything is there', async () => (await page.getByText('Loading…').count()) === 0)
          const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
          const faultsHere = [...(await axeViolations(page)), ...(wide > width ? [`${wide} px wide`] : [])]
          const alerts = await page.getByRole('alert').allTextContents()
          if (faultsHere.length + alerts.length > 0) found[`${path} at ${width}`] = [...faultsHere, ...alerts]
        }
      }
      expect(found).toEqual({})
      expect(faults).toEqual([])
    },
  )

  it(`the first page needs at most ${MOST_SCRIPT_BYTES / 1000} kB of JavaScript, compressed, and nothing from elsewhere`, async () => {
    const { page } = await open()
    const scripts: Promise<number>[] = []
    const origins = new Set<string>()
    page.on('response', (response) => {
      origins.add(new URL(response.url()).origin)
      if (response.request().resourceType() !== 'script') return
      scripts.push(response.body().then((body) => gzipSync(body).byteLength))
    })
    await page.goto('/')
    await signIn(page)
    await page.getByRole('img', { name: /^Launches/ }).waitFor()
    const bytes = (await Promise.all(scripts)).reduce((sum, one) => sum + one, 0)
    expect(bytes).toBeGreaterThan(50_000)
    expect(bytes).toBeLessThanOrEqual(MOST_SCRIPT_BYTES)
    expect([...origins]).toEqual([fleet.apiUrl])
  })

  const failed = async () => (await fleet.call('GET', '/v1/jobs?kind=failed')).body.counts.failed

  async function paths(hostname: string): Promise<string[]> {
    await fleet.call('PUT', '/v1/services/looked-at', { servers: ['10.20.0.11:8080'], health: { path: '/healthz' } })
    const { id } = await fleet.post(hostname, { target: { type: 'proxy', service: 'looked-at' } })
    const pages = ['jobs', 'domains', 'workers', 'edges', 'limits', 'notifications', 'webhooks', 'audit', 'settings']
    return ['/', ...pages.map((name) => `/${name}`), `/domains/${id}`]
  }

  async function sql(text: string): Promise<void> {
    const client = new pg.Client({ connectionString: fleet.database.url })
    await client.connect()
    await client.query(text)
    await client.end()
  }
})
