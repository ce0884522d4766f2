import { STATES } from '@mooring/core'
import { createWorkers } from '@mooring/postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { storeDomainIn } from '../builders/domain-in-state.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  api = apiUnderTest(database())
})

const run = (statement: string, values: unknown[] = []) => database().pool.query(statement, values)
const overview = async () => (await api.call('GET', '/v1/overview')).json

describe('GET /v1/overview', () => {
  it('has every part when there is nothing', async () => {
    const json = await overview()
    expect(json.domains).toEqual({ by_state: Object.fromEntries(STATES.map((state) => [state, 0])), total: 0 })
    expect(json.launches.per_minute).toHaveLength(60)
    expect(json).toMatchObject({
      time_to_active: { window_minutes: 60, count: 0, p50_seconds: null, p95_seconds: null },
      oldest_due: null,
      troubles: [],
      queues: [],
      workers: { live: 0, slots: 0, busy: 0 },
      edges: { live: 0, silent: 0, behind: 0, quarantined: 0 },
    })
  })

  it('counts domains by state, troubles by reason, and what is due', async () => {
    for (const state of ['active', 'active', 'verifying', 'failed', 'deprovisioned'] as const) {
      await storeDomainIn(database(), state)
    }
    const late = await storeDomainIn(database(), 'pending')
    await run(`update domains set next_run_at = now() - interval '90 seconds' where id = $1`, [late])
    const json = await overview()
    expect(json.domains).toMatchObject({
      by_state: { active: 2, verifying: 1, failed: 1, deprovisioned: 1, pending: 1, suspended: 0 },
      total: 6,
    })
    expect(json.troubles).toEqual([{ code: 'DNS_TXT_MISSING', actor: 'customer', count: 4 }])
    expect(json.jobs).toMatchObject({ due: 1, failed: 1 })
    expect(json.oldest_due.domain_id).toBe(late)
    expect(json.oldest_due.seconds).toBeGreaterThanOrEqual(90)
  })

  it('has launches by the minute, and how long they took', async () => {
    for (const seconds of [60, 60, 300]) {
      const id = await storeDomainIn(database(), 'active')
      await run(
        `update domains set activated_at = now() - interval '5 minutes', created_at = now() - interval '5 minutes' - $2 * interval '1 second' where id = $1`,
        [id, seconds],
      )
    }
    const { launches, time_to_active: times } = await overview()
    const sum = (name: string) =>
      launches.per_minute.reduce((all: number, one: Record<string, number>) => all + (one[name] ?? 0), 0)
    expect([sum('started'), sum('activated'), sum('failed')]).toEqual([3, 3, 0])
    expect(times).toMatchObject({ count: 3, p50_seconds: 60 })
    expect(times.p95_seconds).toBeGreaterThan(250)
  })

  it('counts the certificates in use by the days they have left', async () => {
    const id = await storeDomainIn(database(), 'active')
    for (const [name, days] of [
      ['a', -1],
      ['b', 3],
      ['c', 80],
      ['d', 200],
    ] as const) {
      await run(
        `insert into certificates (id, domain_id, issuer, status, sealed_key, csr, chain_pem, not_after)
         values ($1, $2, 'x', 'issued', '{}', '', '', now() + $3 * interval '1 day')`,
        [name, id, days],
      )
    }
    const { certificates } = await overview()
    const bars = certificates.by_days_left.filter(({ count }: { count: number }) => count > 0)
    expect(bars).toEqual([
      { from: null, to: 0, count: 1 },
      { from: 0, to: 7, count: 1 },
      { from: 60, to: 90, count: 1 },
      { from: 90, to: null, count: 1 },
    ])
  })

  it('has the workers and what they hold', async () => {
    await createWorkers(database()).heartbeat({ name: 'worker-a', slots: 8 })
    const id = await storeDomainIn(database(), 'verifying')
    await run(`update domains set lease_until = now() + interval '1 minute' where id = $1`, [id])
    expect((await overview()).workers).toEqual({ live: 1, slots: 8, busy: 1 })
  })

  it('is read once for two hundred who ask at the same moment, and again for whoever asks after two seconds', async () => {
    let reads = 0
    const { operations } = api.dependencies
    const counting = { ...operations, overview: () => ((reads += 1), operations.overview()) }
    api = apiUnderTest(database(), { operations: counting })
    await Promise.all(Array.from({ length: 200 }, overview))
    expect(reads).toBe(1)
    await expect.poll(async () => (await overview(), reads), { interval: 200, timeout: 5000 }).toBe(2)
  })

  it('counts a domain that came since all were counted', async () => {
    const { operations } = api.dependencies
    await storeDomainIn(database(), 'active')
    expect((await operations.overview()).domainsIn.active).toBe(1)
    await storeDomainIn(database(), 'active')
    await storeDomainIn(database(), 'failed')
    expect((await operations.overview()).domainsIn).toMatchObject({ active: 2, failed: 1 })
  })

  it('does not wait for a broker that is silent', async () => {
    const { queue } = api.dependencies
    api = apiUnderTest(database(), { queue: { ...queue, isHealthy: () => true, queues: () => new Promise(() => {}) } })
    expect((await overview()).queues).toEqual([])
  })

  it('belongs to the platform, not to a tenant', async () => {
    const { json } = await api.call('POST', '/v1/keys', { body: { name: 'theirs', role: 'admin', tenant: 'acme' } })
    expect((await api.call('GET', '/v1/overview', { key: json.key })).status).toBe(403)
  })
})
