import { type IncomingMessage, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { REFUSED_BY_EDGE } from '../faults/aftermath.ts'
import { openSignedIn, startBrowser } from '../services/browser.ts'
import { type Edge, type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'

/** How many jobs fail together in the story of the many. */
const MANY = 500

describe('what ops do all day, in Chromium on the whole fleet', () => {
  const told: string[] = []
  const slack = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      told.push(JSON.parse(body).text)
      response.end('ok')
    })
  })
  let fleet: Fleet
  let browser: Browser
  beforeAll(async () => {
    slack.listen(0, '127.0.0.1')
    fleet = await startFleet({
      workers: 1,
      edges: 1,
      env: {
        MOORING_SLACK_WEBHOOK_URL: `${await addressOf(slack)}/services/T/B/X`,
        MOORING_NOTICE_WINDOW_SECONDS: '2',
        MOORING_NOTICE_RECOVERY_SECONDS: '1',
        MOORING_WEBHOOK_ALLOW: '127.0.0.0/8',
        // So many launches meet the outage at once, that it is known to be one after a single deadline.
        MOORING_ACME_CONCURRENCY: '5',
        MOORING_SLOTS: '8',
      },
    })
    browser = await startBrowser()
  })
  afterEach(async () => {
    process.kill(fleet.pebble.pid, 'SIGCONT')
    for (const context of browser.contexts()) await context.close()
  })
  afterAll(async () => {
    await browser?.close()
    await fleet?.stop()
    slack.close()
  })

  const signedIn = (path: string) => openSignedIn(browser, { url: fleet.apiUrl, path, key: fleet.apiKey })
  const stateOn = (page: Page) => page.getByRole('region', { name: 'State', exact: true })
  const isShown = (page: Page, state: string) =>
    stateOn(page).locator('.badge', { hasText: state }).waitFor({ timeout: 60_000 })

  async function act(page: Page, action: string, hostname: string): Promise<void> {
    await page.getByRole('button', { name: 'Actions' }).click()
    await page.getByRole('menuitem', { name: action, exact: true }).click()
    const dialog = page.getByRole('dialog', { name: `${action} ${hostname}?` })
    await dialog.getByLabel('Reason').fill('A customer asked for it')
    await dialog.getByRole('button', { name: action }).click()
  }

  it('an outage of the CA is seen, silenced, and over: nothing was told meanwhile, and every launch goes on', async () => {
    // A worker that never asked this CA would learn nothing of it but that it is not there.
    await fleet.launch('before.outage-customer.com')
    const launches: Awaited<ReturnType<Fleet['post']>>[] = []
    for (let at = 1; at <= 6; at++) launches.push(await fleet.post(`shop-${at}.outage-customer.com`))
    const { page, faults } = await signedIn('/')
    // Before anybody could ask it: one answer in between, and it would be no outage.
    process.kill(fleet.pebble.pid, 'SIGSTOP')
    for (const domain of launches) await fleet.addRecords(domain)
    for (const { id } of launches) await fleet.call('POST', `/v1/domains/${id}/check`)

    // Without a reload, although no domain changed its state.
    await page.getByRole('link', { name: /CA_UNAVAILABLE/ }).waitFor({ timeout: 60_000 })
    await page.getByText(/is down since/).waitFor({ timeout: 120_000 })
    await eventually('Slack was told', () => told.some((text) => text.includes('CA_UNAVAILABLE')))

    await page.getByRole('link', { name: 'Notifications' }).click()
    const notices = page.getByRole('table', { name: 'Notifications' })
    await notices.getByRole('button', { name: 'Silence CA_UNAVAILABLE' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Silence this' })
    expect(await dialog.getByLabel('Reason code').inputValue()).toBe('CA_UNAVAILABLE')
    await dialog.getByLabel('Why').fill('The CA says it works on it')
    await dialog.getByRole('button', { name: 'Silence' }).click()
    const end = page.getByRole('button', { name: 'End the silence of CA_UNAVAILABLE' })
    await end.waitFor({ timeout: 60_000 })
    const toldBefore = told.length

    process.kill(fleet.pebble.pid, 'SIGCONT')
    await page.goto('/jobs?reason=CA_UNAVAILABLE')
    const areActive = async () => {
      const now = await Promise.all(launches.map(({ id }) => fleet.domain(id)))
      return now.every(({ state }) => state === 'active')
    }
    // Whoever is looked at between two probes waits for the next, which may be a minute off.
    await eventually(
      'every launch goes on',
      async () => (await checkAll(page, fleet, 'CA_UNAVAILABLE')) && eventually('all are active', areActive, 5_000),
      180_000,
    )
    await page.getByRole('link', { name: 'Overview' }).click()
    await page.getByText(/is down since/).waitFor({ state: 'detached', timeout: 60_000 })

    await page.getByRole('link', { name: 'Notifications' }).click()
    await notices.getByText('Held back: silenced').first().waitFor({ timeout: 60_000 })
    expect(told.slice(toldBefore)).toEqual([])
    await end.click()
    await page.getByRole('dialog').getByRole('button', { name: 'End it' }).click()
    await page.getByText('None is in force').waitFor()
    await eventually('what was held back is told in sum', () =>
      told.slice(toldBefore).some((text) => text.includes('held back by a silence that is over')),
    )
    expect(faults).toEqual([])
  }, 300_000)

  it(`${MANY} failed jobs of one tenant are replayed at once, and those of another are left alone`, async () => {
    const rows = Array.from({ length: MANY }, (_, at) => `n${at}.replayed-customer.com`)
    for (const [tenant, hostnames] of [
      ['replayed', rows],
      ['other', ['n0.other-customer.com']],
    ] as const) {
      for (const hostname of hostnames) await fleet.post(hostname, { tenant })
    }
    // As if nobody had added a record in the week they had for it.
    await sql(`update domains set verification = jsonb_set(verification, '{expiresAt}', '"2020-01-01T00:00:00.000Z"')
               where tenant in ('replayed', 'other')`)
    for (const tenant of ['replayed', 'other']) {
      await fleet.call('POST', '/v1/jobs:bulk', { action: 'check', filter: { tenant } })
    }
    const failed = async () => (await fleet.call('GET', '/v1/jobs')).body.counts.failed
    await eventually('all have failed', async () => (await failed()) === MANY + 1, 90_000)

    const { page, faults } = await signedIn('/')
    await page.getByRole('link', { name: /^Failed \d/ }).click()
    await page.getByLabel('Tenant').fill('replayed')
    await eventually('the filter is in the address', () => page.url().includes('tenant=replayed'))
    await page.getByRole('button', { name: 'All that match…' }).click()
    await page.getByRole('menuitem', { name: 'Retry all' }).click()
    const dialog = page.getByRole('dialog', { name: `Retry ${MANY} jobs?` })
    await dialog.getByText('replayed').waitFor()
    await dialog.getByLabel('Reason').fill('They have another week')
    await dialog.getByRole('button', { name: `Retry ${MANY}` }).click()

    await page.getByText(`Retry: ${MANY} jobs`).waitFor()
    await page.getByText('No job matches').waitFor()
    await page.getByRole('link', { name: 'Failed 1', exact: true }).waitFor()
    expect(await failed()).toBe(1)
    // They were not only marked: workers have them again.
    await eventually('they are looked at', async () => {
      const { body } = await fleet.call('GET', '/v1/jobs?kind=waiting&tenant=replayed&reason=DNS_TXT_MISSING')
      return body.data.length > 0
    })
    await page.getByRole('link', { name: 'Audit' }).click()
    await page.getByText('They have another week').first().waitFor()
    expect(faults).toEqual([])
  })

  it('a domain is suspended and resumed, deleted and restored, and visitors see each', async () => {
    const { id, hostname } = await fleet.launch('shop.disputed-customer.com')
    const [edge] = fleet.edges as [Edge]
    const answers = (status: number) =>
      eventually(`the edge answers ${status}`, async () => (await fleet.visitHttps(edge, hostname)).status === status)
    const { page, faults } = await signedIn(`/domains/${id}`)

    await act(page, 'Suspend', hostname)
    await isShown(page, 'Suspended')
    await stateOn(page).getByText('SUSPENDED_BY_OPERATOR').waitFor()
    await answers(503)
    await act(page, 'Resume', hostname)
    await isShown(page, 'Active')
    await answers(200)

    await act(page, 'Delete', hostname)
    await stateOn(page)
      .getByText(/gone for good/)
      .waitFor()
    await eventually('the edge has let it go', () =>
      fleet.visitHttps(edge, hostname).then(
        () => false,
        (error: Error) => REFUSED_BY_EDGE.test(error.message),
      ),
    )
    await act(page, 'Restore', hostname)
    await isShown(page, 'Active')
    await answers(200)
    expect(
      await stateOn(page)
        .getByText(/gone for good/)
        .count(),
    ).toBe(0)
    expect(faults).toEqual([])
  })

  it('a delivery that the platform refused is replayed once it is mended, and those behind it follow', async () => {
    let status = 500
    const heard: { id: string; type: string }[] = []
    const platform = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        if (status === 200) heard.push({ id: String(request.headers['webhook-id']), type: JSON.parse(body).type })
        response.writeHead(status).end()
      })
    })
    platform.listen(0, '127.0.0.1')
    const url = `${await addressOf(platform)}/hooks`
    await fleet.call('POST', '/v1/webhooks', { url, description: 'The shop’s back end' })
    const { id } = await fleet.post('shop.deaf-platform.com')
    const { page, faults } = await signedIn('/webhooks')
    await page.getByRole('link', { name: url }).click()
    const deliveries = page.getByRole('table', { name: 'Deliveries' })
    const refused = deliveries.getByRole('row').filter({ hasText: 'domain.created' })
    // The second try comes after 5 s, the third after 5 min: nobody waits for that.
    await eventually('it was refused twice', async () => (await refused.getByText('500').count()) === 2)

    status = 200
    await refused.getByRole('button', { name: /^Replay/ }).click()
    await page.getByText('It is sent again.').waitFor()
    await refused.locator('.badge', { hasText: 'Delivered' }).waitFor({ timeout: 30_000 })
    await fleet.saysOnCheck(id, 'DNS_TXT_MISSING')
    await eventually('the next is told, too', () => heard.some(({ type }) => type === 'domain.action_required'))
    expect(heard[0]).toEqual({ id: expect.stringMatching(/./), type: 'domain.created' })
    expect(new Set(heard.map((one) => one.id)).size).toBe(heard.length)
    expect(faults).toEqual([])
    platform.closeAllConnections()
    platform.close()
  })

  async function sql(text: string): Promise<void> {
    const client = new pg.Client({ connectionString: fleet.database.url })
    await client.connect()
    await client.query(text)
    await client.end()
  }
})

/** Has everything looked at that waits for this, until nothing does: the first look is the probe that finds the CA back. */
async function checkAll(page: Page, fleet: Fleet, code: string): Promise<boolean> {
  const waits = async () => (await fleet.call('GET', `/v1/jobs?reason=${code}`)).body.data.length > 0
  if (!(await waits())) return true
  await page.getByRole('button', { name: 'All that match…' }).click()
  await page.getByRole('menuitem', { name: 'Check all' }).click()
  const dialog = page.getByRole('dialog', { name: /^Check \d+ jobs?\?$/ })
  // The last of them may be done with by now.
  const asked = await Promise.race([
    dialog.waitFor().then(() => true),
    page
      .getByText('No job matches the filter.')
      .waitFor()
      .then(() => false),
  ])
  if (asked) await dialog.getByRole('button', { name: /^Check \d+/ }).click()
  return eventually('nothing waits', async () => !(await waits()), 5_000)
}

async function addressOf(server: ReturnType<typeof createServer>): Promise<string> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const bodyOf = async (request: IncomingMessage): Promise<string> => (await request.toArray()).join('')
