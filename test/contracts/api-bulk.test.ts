import { encodeHint, newDomainId } from '@mooring/core'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { storeDomainIn } from '../builders/domain-in-state.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, connect } = usePostgres()
let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  api = apiUnderTest(database())
})

const onJobs = (body: unknown, headers: Record<string, string> = {}) =>
  api.call('POST', '/v1/jobs:bulk', { body, headers })
const onDomains = (body: unknown) => api.call('POST', '/v1/domains:bulk-actions', { body })
const stateOf = async (id: string) => (await api.call('GET', `/v1/domains/${id}`)).json.state
const countIn = async (state: string) =>
  Number((await database().pool.query('select count(*) from domains where state = $1', [state])).rows[0]?.count)

/** Failed domains, of all kinds of tenants, without a builder's round trips. */
async function storeFailed(count: number): Promise<void> {
  const id = await storeDomainIn(database(), 'failed')
  await sql`
    insert into domains (id, hostname, tenant, state, step, reason, lane, target, verification, tls, edge_pool)
    select 'dom_' || lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000', 'failed-' || n || '.example.com',
      'tenant-' || n % 10, state, step, reason, lane, target, verification, tls, edge_pool
    from domains, generate_series(1, ${count - 1}::int) as n where id = ${id}`.execute(database().kysely)
}

describe('POST /v1/jobs:bulk', () => {
  it('lets ten thousand failed domains go on at once, and tells each its event', async () => {
    await storeFailed(10_000)
    const { status, json } = await onJobs({ action: 'retry', filter: { kind: 'failed' } })
    expect([status, json]).toEqual([200, { matched: 10_000, applied: 10_000, skipped: [] }])
    const { rows } = await database().pool.query(
      `select count(*) as events from events where data ->> 'because' = 'retry'`,
    )
    expect([await countIn('failed'), Number(rows[0]?.events)]).toEqual([0, 10_000])
  })

  it('leaves the lane in which people wait to people', async () => {
    const id = await storeDomainIn(database(), 'failed')
    await onJobs({ action: 'retry', filter: { kind: 'failed' } })
    const { rows } = await database().pool.query(
      'select lane, next_run_at <= now() as due from domains where id = $1',
      [id],
    )
    expect(rows[0]).toEqual({ lane: 'normal', due: true })
  })

  it('says in a dry run what would be, and changes nothing', async () => {
    const failed = await storeDomainIn(database(), 'failed')
    await storeDomainIn(database(), 'verifying')
    const { json } = await onJobs({ action: 'retry', filter: {}, dry_run: true })
    expect(json).toEqual({ matched: 2, applied: 1, skipped: [{ code: 'WRONG_STATE', count: 1 }] })
    expect(await stateOf(failed)).toBe('failed')
  })

  it('takes what the filter matches and nothing else', async () => {
    const here = await storeDomainIn(database(), 'failed', {
      tenant: 'here',
      hostname: '100_shop.example.com' as never,
    })
    const there = await storeDomainIn(database(), 'failed', { tenant: 'there' })
    await onJobs({ action: 'retry', filter: { kind: 'failed', tenant: 'here', reason: 'DNS_TXT_MISSING', q: '100_' } })
    expect(await stateOf(here)).not.toBe('failed')
    expect(await stateOf(there)).toBe('failed')
  })

  it.each(['%', "'; drop table domains; --", '"', '🦊', '\\', '_'])('finds nothing for %s', async (q) => {
    await storeDomainIn(database(), 'failed')
    const { status, json } = await onJobs({ action: 'retry', filter: { q } })
    expect([status, json.matched]).toEqual([200, 0])
  })

  it('judges each domain again under its lock: one that has gone on meanwhile is left alone', async () => {
    const id = await storeDomainIn(database(), 'failed')
    const other = await connect()
    await other.query('begin')
    await other.query(`update domains set state = 'active', step = 'reverify' where id = $1`, [id])
    const answer = onDomains({ action: 'delete', filter: { state: 'failed' } })
    await expect
      .poll(async () => (await database().pool.query(`select 1 from pg_locks where not granted`)).rowCount)
      .toBeGreaterThan(0)
    await other.query('commit')
    await other.end()
    expect((await answer).json).toEqual({ matched: 1, applied: 0, skipped: [{ code: 'CHANGED', count: 1 }] })
    expect(await stateOf(id)).toBe('active')
  })

  it('does the rest when it is asked again after a process died half-way', async () => {
    await storeFailed(1500)
    const ids = (await database().pool.query('select id from domains order by id')).rows.map(({ id }) => String(id))
    // The first batch was committed, and then nothing more came.
    await database().pool.query(
      `update domains set state = 'pending', step = 'accept', reason = null where id = any($1)`,
      [ids.slice(0, 1000)],
    )
    const { json } = await onJobs({ action: 'retry', filter: { kind: 'failed' } })
    expect([json.matched, json.applied, await countIn('failed')]).toEqual([500, 500, 0])
  })

  it('answers the same to the same Idempotency-Key, and does it once', async () => {
    await storeDomainIn(database(), 'failed')
    const key = { 'idempotency-key': 'all of them' }
    const first = await onJobs({ action: 'retry', filter: { kind: 'failed' } }, key)
    await storeDomainIn(database(), 'failed')
    const second = await onJobs({ action: 'retry', filter: { kind: 'failed' } }, key)
    expect([second.text, await countIn('failed')]).toEqual([first.text, 1])
  })

  it('gives up launches that never became active, and no others', async () => {
    const launching = await storeDomainIn(database(), 'verifying')
    const grown = await storeDomainIn(database(), 'failed')
    await database().pool.query('update domains set activated_at = now() where id = $1', [grown])
    const { json } = await onJobs({ action: 'cancel', filter: {} })
    expect(json).toEqual({ matched: 2, applied: 1, skipped: [{ code: 'WRONG_STATE', count: 1 }] })
    expect([await stateOf(launching), await stateOf(grown)]).toEqual(['deprovisioning', 'failed'])
  })

  it('refuses an action that the kind of job does not take', async () => {
    for (const body of [
      { action: 'retry', filter: { kind: 'dead' } },
      { action: 'discard', filter: { kind: 'failed' } },
    ]) {
      expect((await onJobs(body)).json).toMatchObject({ code: 'INVALID', errors: [{ path: 'action' }] })
    }
  })
})

describe('dead letters', () => {
  const bury = (excerpt: string) =>
    database().pool.query(
      `insert into dead_letters (queue, code, detail, excerpt, bytes) values ('mooring.v1.normal', 'delivery_limit', '', $1, 9)`,
      [excerpt],
    )
  const letters = async () => Number((await database().pool.query('select count(*) from dead_letters')).rows[0]?.count)

  it('are replayed when they can be read: their domain is hinted again', async () => {
    const id = await storeDomainIn(database(), 'verifying')
    await database().pool.query('update domains set next_run_at = now(), hinted_until = null where id = $1', [id])
    await bury(encodeHint({ domainId: id, lane: 'normal' }).toString())
    await bury(encodeHint({ domainId: newDomainId(), lane: 'normal' }).toString())
    await bury('no hint')
    const { json } = await onJobs({ action: 'replay', filter: { kind: 'dead' } })
    expect(json).toEqual({ matched: 3, applied: 2, skipped: [{ code: 'MESSAGE_NOT_READABLE', count: 1 }] })
    await expect.poll(() => api.published).toEqual([{ domainId: id, lane: 'normal' }])
    expect(await letters()).toBe(1)
  })

  it('are discarded, of one code if that is asked', async () => {
    await bury('one')
    await bury('another')
    expect(
      (await onJobs({ action: 'discard', filter: { kind: 'dead', reason: 'MESSAGE_UNKNOWN' } })).json.applied,
    ).toBe(0)
    expect((await onJobs({ action: 'discard', filter: { kind: 'dead' }, dry_run: true })).json.applied).toBe(2)
    expect(await letters()).toBe(2)
    expect((await onJobs({ action: 'discard', filter: { kind: 'dead' } })).json.applied).toBe(2)
    expect(await letters()).toBe(0)
  })
})

describe('POST /v1/domains:bulk-actions', () => {
  it('suspends what is active, and resumes it', async () => {
    const id = await storeDomainIn(database(), 'active', { tenant: 'acme' })
    await onDomains({ action: 'suspend', filter: { tenant: 'acme' } })
    expect(await stateOf(id)).toBe('suspended')
    const { json } = await onDomains({ action: 'resume', filter: { state: 'suspended' } })
    expect([json.applied, (await api.call('GET', `/v1/domains/${id}`)).json.step]).toEqual([1, 'republish_route'])
  })

  it('does not take everybody’s site away for want of a condition', async () => {
    await storeDomainIn(database(), 'active')
    for (const action of ['delete', 'suspend', 'cancel']) {
      expect((await onDomains({ action, filter: {} })).json).toMatchObject({ errors: [{ path: 'filter' }] })
    }
    expect(await countIn('active')).toBe(1)
  })

  it('does nothing when more match than it takes at once', async () => {
    const { dependencies } = api
    await storeFailed(6)
    const answer = await dependencies.operations.actOnAll({ jobs: { kind: 'failed' } }, 'retry', {
      dryRun: false,
      most: 5,
    })
    expect([answer, await countIn('failed')]).toEqual([{ kind: 'too_many' }, 6])
  })
})
