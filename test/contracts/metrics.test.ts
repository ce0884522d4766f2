import { CaProblem, DAY, type Issuer, MINUTE, after, done, reason, retry, wait } from '@mooring/core'
import { createDomainStore, createNoticeDesk, createNotices } from '@mooring/postgres'
import { createMeter } from '@mooring/runtime'
import { measureNotices } from '@mooring/scheduler'
import { measureAuthorities, measureStore } from '@mooring/worker'
import { describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { storeDueDomain } from '../builders/due-domain.ts'
import { NO_CLOCKS } from '../builders/no-clocks.ts'
import { publishHttpRoute } from '../builders/published-route.ts'
import { overtake, storeDomain } from '../builders/stored-domain.ts'
import { troubledDomains } from '../builders/troubled-domains.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
const TOKEN = 'a-token-of-the-machine-room'

/** The value of one sample; null when there is none. */
function sample(text: string, name: string): number | null {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return line === undefined ? null : Number(line.slice(name.length + 1))
}

describe('/metrics of the API', () => {
  it('are not there without a token in the configuration, and for nobody without it', async () => {
    const closed = apiUnderTest(database())
    expect((await closed.call('GET', '/metrics')).json).toMatchObject({ status: 404, code: 'NOT_FOUND' })

    const open = apiUnderTest(database(), { settings: { metricsToken: TOKEN } })
    for (const key of [null, 'wrong', undefined]) {
      // The admin key is none, either: what scrapes must not be able to launch.
      expect((await open.call('GET', '/metrics', key === undefined ? {} : { key })).status).toBe(401)
    }
    const answer = await open.call('GET', '/metrics', { key: TOKEN })
    expect([answer.status, answer.headers['content-type']]).toEqual([200, expect.stringMatching(/^text\/plain/)])
  })

  it('tell how the fleet fares', async () => {
    const { call, dependencies } = apiUnderTest(database(), { settings: { metricsToken: TOKEN } })
    const due = await storeDueDomain(database(), { nextRunAt: new Date(Date.now() - 90_000) })
    await storeDueDomain(database(), { state: 'failed', nextRunAt: null })
    await publishHttpRoute(database())
    await call('POST', '/v1/edges', { body: { name: 'edge-1' } })
    await database().pool.query("insert into workers (name, slots) values ('worker-a', 4), ('worker-b', 8)")
    await database().pool.query("update workers set seen_at = now() - interval '1 hour' where name = 'worker-b'")
    await database().pool.query("insert into ca_health (ca, failures, down_since) values ('ca', 5, now())")
    await database().pool.query(
      `insert into certificates (id, domain_id, issuer, status, sealed_key, csr, chain_pem, not_before, not_after)
       select 'crt_1', $1, 'ca', 'issued', '{}', '', 'pem', now() - interval '85 days', now() + interval '5 days'`,
      [due.id],
    )
    await database().pool.query("update domains set certificate_id = 'crt_1', state = 'active' where id = $1", [due.id])

    const { text } = await call('GET', '/metrics', { key: TOKEN })
    const value = (name: string) => sample(text, name)
    expect(value('mooring_fleet_facts_up')).toBe(1)
    expect(value('mooring_due_oldest_seconds')).toBeGreaterThanOrEqual(89)
    expect(value('mooring_due_oldest_seconds')).toBeLessThan(120)
    expect(value('mooring_jobs{kind="due"}')).toBe(1)
    expect(value('mooring_jobs{kind="failed"}')).toBe(1)
    expect([value('mooring_workers_live'), value('mooring_worker_slots')]).toEqual([1, 4])
    expect(value('mooring_certificates{days_left="7"}')).toBe(1)
    expect(value('mooring_certificates_expiring')).toBe(1)
    expect(value('mooring_edges{standing="silent"}')).toBe(1)
    expect(value('mooring_edge_generation_lag{edge="edge-1",pool="default"}')).toBe(1)
    expect(value('mooring_ca_circuit_open{ca="ca"}')).toBe(1)
    expect(value('mooring_http_requests_total{method="POST",route="/v1/edges",status="201"}')).toBe(1)
    expect(text).not.toContain(due.hostname)
    await dependencies.queue.close()
  })

  it('count strangers’ made-up paths as one, and domains as their route', async () => {
    const { call } = apiUnderTest(database(), { settings: { metricsToken: TOKEN } })
    for (let at = 0; at < 20; at += 1) {
      await call('GET', `/made-up-${at}`)
      await call('GET', `/v1/domains/made-up-${at}.example.com`)
    }
    const { text } = await call('GET', '/metrics', { key: TOKEN })
    expect(text).not.toContain('made-up')
    expect(sample(text, 'mooring_http_requests_total{method="any",route="unknown",status="404"}')).toBe(20)
    expect(sample(text, 'mooring_http_requests_total{method="GET",route="/v1/domains/:id",status="404"}')).toBe(20)
  })

  it('ask the database once for any number of scrapes, and show no old number when it is away', async () => {
    let asked = 0
    const whole = apiUnderTest(database())
    const { readFleet } = whole.dependencies
    const away = { isAway: false }
    const { call } = apiUnderTest(database(), {
      settings: { metricsToken: TOKEN },
      async readFleet() {
        asked += 1
        if (away.isAway) throw new Error('away')
        return readFleet()
      },
    })
    const scrape = async () => (await call('GET', '/metrics', { key: TOKEN })).text
    await Promise.all(Array.from({ length: 20 }, scrape))
    expect(asked).toBe(1)

    away.isAway = true
    const lost = apiUnderTest(database(), {
      settings: { metricsToken: TOKEN },
      readFleet: () => Promise.reject(new Error('away')),
    })
    const { text } = await lost.call('GET', '/metrics', { key: TOKEN })
    expect(sample(text, 'mooring_fleet_facts_up')).toBe(0)
    expect(sample(text, 'mooring_due_oldest_seconds')).toBeNull()
  })
})

describe('what the scheduler measures', () => {
  it('are domains of which nobody was told at once, by why', async () => {
    const meter = createMeter()
    const notices = measureNotices(createNotices(database()), meter)
    const noon = new Date()
    const group = (minutes: number) =>
      notices.group({
        now: after(noon, minutes * MINUTE),
        windowMs: 10 * MINUTE,
        recoveryMs: 5 * MINUTE,
        perHour: 3,
        channels: [{ name: 'slack', hears: 'everything' }],
      })
    await createNoticeDesk(database()).addSilence({
      id: 'sil_1',
      code: 'CA_REJECTED',
      tenant: null,
      until: after(noon, DAY),
      why: 'known',
      createdBy: 'Ada',
      createdAt: noon,
    })
    await troubledDomains(database(), { count: 1, code: 'CA_REJECTED' })
    await troubledDomains(database(), { count: 5, from: 1 })
    await group(0)
    await troubledDomains(database(), { count: 1, from: 6, tenant: 'globex' })
    await group(1)
    const held = async (why: string) => sample(await meter.text(), `mooring_notices_held_total{why="${why}"}`)
    expect([await held('silenced'), await held('capped'), await held('grouped')]).toEqual([1, 1, null])
    // The digest has to wait for its channel, too.
    await group(11)
    expect([await held('silenced'), await held('capped'), await held('grouped')]).toEqual([1, 5, 4])
    expect(sample(await meter.text(), 'mooring_notices_total{kind="first"}')).toBe(3)
  })
})

describe('what workers measure', () => {
  const measured = () => {
    const meter = createMeter()
    return { meter, store: measureStore(createDomainStore(database(), { leaseMs: 60_000 }), meter) }
  }
  const transition = (outcome: Parameters<typeof asTransition>[0]) => asTransition(outcome)

  it('are claims, and steps with their outcomes and codes', async () => {
    const { meter, store } = measured()
    const { id } = await storeDueDomain(database())
    const answer = await store.claim(id, 'worker-a')
    if (answer.kind !== 'claimed') throw new Error('the domain is due')
    expect((await store.claim(id, 'worker-b')).kind).toBe('not_due')
    await store.record(answer.lease, transition(retry(reason('INTERNAL', 'It broke.'))))
    const text = await meter.text()
    expect(sample(text, 'mooring_claims_total{result="claimed"}')).toBe(1)
    expect(sample(text, 'mooring_claims_total{result="not_due"}')).toBe(1)
    const labels = '{step="verify_ownership",outcome="retry",code="INTERNAL"}'
    expect(sample(text, `mooring_step_outcomes_total${labels}`)).toBe(1)
    expect(sample(text, 'mooring_step_seconds_count{step="verify_ownership"}')).toBe(1)
  })

  it('are leases that were lost, each once', async () => {
    const { meter, store } = measured()
    const { id } = await storeDueDomain(database())
    const answer = await store.claim(id, 'worker-a')
    if (answer.kind !== 'claimed') throw new Error('the domain is due')
    await overtake(database(), answer.lease)
    expect(await store.heartbeat(answer.lease)).toBe(false)
    expect((await store.record(answer.lease, transition(done()))).kind).toBe('lost')
    expect(sample(await meter.text(), 'mooring_lease_losses_total')).toBe(1)
  })

  it('hold nothing of a domain that was given back', async () => {
    const { meter, store } = measured()
    const { lease } = await storeDomain(database())
    await store.release(lease)
    await store.record(lease, transition(wait(null, reason('DNS_RECORD_MISSING', 'Missing.'))))
    expect(await meter.text()).not.toContain('mooring_step_seconds_count')
  })

  it('are calls to authorities and their problems, of which a stranger’s words make no new series', async () => {
    const meter = createMeter()
    const problems = ['rateLimited', 'a"b\n', 'x'.repeat(100)]
    const issuer = {
      name: 'ca',
      challenges: [],
      revoke: () => Promise.reject(new CaProblem(problems.shift() ?? '', 'No.')),
      renewalInfo: async () => null,
    } as unknown as Issuer
    const [authority] = measureAuthorities([{ name: 'ca', accounts: [issuer], limits: {} }], meter)
    const { signal } = new AbortController()
    for (let at = 0; at < 3; at += 1) await authority?.accounts[0]?.revoke('', signal).catch(() => undefined)
    await authority?.accounts[0]?.renewalInfo('', signal)
    const text = await meter.text()
    expect(sample(text, 'mooring_ca_problems_total{ca="ca",type="rateLimited"}')).toBe(1)
    expect(sample(text, 'mooring_ca_problems_total{ca="ca",type="other"}')).toBe(2)
    expect(sample(text, 'mooring_ca_request_seconds_count{ca="ca",call="revoke"}')).toBe(3)
    expect(sample(text, 'mooring_ca_request_seconds_count{ca="ca",call="renewal_info"}')).toBe(1)
  })
})

function asTransition(outcome: ReturnType<typeof done>) {
  const because = outcome.kind === 'done' ? null : outcome.because
  return {
    step: 'verify_ownership' as const,
    outcome,
    next: { state: 'verifying' as const, step: 'verify_ownership' as const },
    reason: because,
    attempt: 1,
    route: null,
    due: null,
    ...NO_CLOCKS,
  }
}
