import { DAY, done } from '@mooring/core'
import { createDeadLetters, createDomainStore, createHousekeeping, createWorkers } from '@mooring/postgres'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { NO_CLOCKS } from '../builders/no-clocks.ts'
import { overtake, storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
const ago = (ms: number) => new Date(Date.now() - ms)

describe('housekeeping', () => {
  const sweep = () => createHousekeeping(database()).sweep()

  it('forgets idempotency keys after a day', async () => {
    const key = (name: string, created_at: Date) => ({
      key: name,
      request_hash: 'h',
      status: 202,
      headers: '{}',
      body: '{}',
      created_at,
    })
    await database()
      .kysely.insertInto('idempotency_keys')
      .values([key('old', ago(DAY + 1_000)), key('young', ago(DAY - 60_000))])
      .execute()
    expect(await sweep()).toMatchObject({ idempotencyKeys: 1 })
    expect(await database().kysely.selectFrom('idempotency_keys').select('key').execute()).toEqual([{ key: 'young' }])
  })

  it('forgets what was delivered a month ago, never what is still due', async () => {
    const old = { channel: 'slack', body: '{}', created_at: ago(31 * DAY) }
    await database()
      .kysely.insertInto('deliveries')
      .values([
        { ...old, id: 'settled', next_run_at: null },
        { ...old, id: 'due', next_run_at: ago(0) },
        { ...old, id: 'young', created_at: ago(DAY), next_run_at: null },
      ])
      .execute()
    expect(await sweep()).toMatchObject({ settledDeliveries: 1 })
    expect(await database().kysely.selectFrom('deliveries').select('id').orderBy('id').execute()).toEqual([
      { id: 'due' },
      { id: 'young' },
    ])
  })

  it('closes attempts of workers that lost their lease, and no others', async () => {
    const { kysely } = database()
    const [working, overtaken, dead] = [
      await storeDomain(database()),
      await storeDomain(database()),
      await storeDomain(database()),
    ]
    for (const { domain } of [working, overtaken, dead]) {
      const attempt = { domain_id: domain.id, lease_token: 1, step: 'settle', worker: 'worker-a' }
      await kysely
        .insertInto('attempts')
        .values({ ...attempt, code: null, detail: null })
        .execute()
    }
    await overtake(database(), overtaken.lease)
    await kysely
      .updateTable('domains')
      .set({ lease_until: ago(120_000) })
      .where('id', '=', dead.domain.id)
      .execute()

    expect(await sweep()).toMatchObject({ lostAttempts: 2 })
    const attempts = await kysely.selectFrom('attempts').select(['domain_id', 'outcome']).orderBy('id').execute()
    expect(attempts).toEqual([
      { domain_id: working.domain.id, outcome: 'running' },
      { domain_id: overtaken.domain.id, outcome: 'lost' },
      { domain_id: dead.domain.id, outcome: 'lost' },
    ])
  })
})

describe('retention', () => {
  const kept = { historyMs: 365 * DAY, personalMs: 30 * DAY, parkedMs: 30 * DAY, attemptsMs: 30 * DAY }
  const sweep = (retention = {}) => createHousekeeping(database(), { retention: { ...kept, ...retention } }).sweep()
  const run = (text: ReturnType<typeof sql>) => text.execute(database().kysely)
  const count = async (table: 'domains' | 'events' | 'attempts' | 'certificates' | 'routes' | 'hostnames') =>
    (await database().kysely.selectFrom(table).select(sql`1`.as('one')).execute()).length

  /** A domain that left so long ago, with everything that a life leaves behind. */
  async function aDomainThatLeft(endedAt: Date) {
    const { domain, lease } = await storeDomain(database(), {
      state: 'deprovisioned',
      step: 'watch_dangling',
      holds: false,
    })
    const { id } = domain
    const metadata = JSON.stringify({ owner: 'jane' })
    await run(
      sql`update domains set ended_at = ${endedAt}, metadata = ${metadata}::jsonb, lease_until = null where id = ${id}`,
    )
    await run(
      sql`insert into events (domain_id, type, actor, data) values (${id}, 'domain.changed', 'api', jsonb_build_object('metadata', ${metadata}::jsonb))`,
    )
    await run(
      sql`insert into attempts (domain_id, lease_token, step, worker, outcome, finished_at) values (${id}, 1, 'release', 'w', 'done', now())`,
    )
    await run(sql`
      insert into certificates (id, domain_id, issuer, status, sealed_key, csr, parked_at)
      values (${`crt_${id}`}, ${id}, 'acme', 'parked', '{}', '', now())`)
    await run(sql`update domains set certificate_id = ${`crt_${id}`} where id = ${id}`)
    await run(sql`
      insert into routes (domain_id, hostname, edge_pool, generation, variant, target)
      values (${id}, ${domain.hostname}, 'default', 1, 'removed', '{"type": "none"}')`)
    return { id, lease }
  }

  it('forgets what a person typed a month after the domain left, and keeps what happened', async () => {
    const old = await aDomainThatLeft(ago(30 * DAY + 60_000))
    const young = await aDomainThatLeft(ago(30 * DAY - 60_000))
    expect(await sweep()).toMatchObject({ erasedDomains: 1, forgottenDomains: 0 })
    expect(await sweep(), 'once').toMatchObject({ erasedDomains: 0 })
    const row = (id: string) =>
      database().kysely.selectFrom('domains').select(['metadata', 'erased_at']).where('id', '=', id).executeTakeFirst()
    expect(await row(old.id)).toEqual({ metadata: {}, erased_at: expect.any(Date) })
    expect(await row(young.id)).toMatchObject({ metadata: { owner: 'jane' }, erased_at: null })
    const told = database()
      .kysely.selectFrom('events')
      .select(['type', 'actor', 'data'])
      .where('domain_id', '=', old.id)
    expect(await told.orderBy('id').execute()).toEqual([
      { type: 'domain.changed', actor: 'api', data: {} },
      { type: 'domain.erased', actor: 'mooring', data: {} },
    ])
  })

  it('forgets a domain with all that was its own a year after it left; that the name was claimed stays known', async () => {
    const old = await aDomainThatLeft(ago(365 * DAY + 60_000))
    const young = await aDomainThatLeft(ago(365 * DAY - 60_000))
    await storeDomain(database(), { state: 'active', step: 'reverify' })
    expect(await sweep()).toMatchObject({ forgottenDomains: 1 })
    expect(await count('domains')).toBe(2)
    for (const table of ['attempts', 'certificates', 'routes'] as const) expect(await count(table)).toBe(1)
    expect(await count('hostnames')).toBe(3)
    const left = await database().kysely.selectFrom('domains').select('id').execute()
    expect(left.map(({ id }) => id)).toContain(young.id)
    expect(left.map(({ id }) => id)).not.toContain(old.id)
  })

  it('counts from when the domain left, not from the last look for records left behind', async () => {
    const { lease } = await aDomainThatLeft(ago(31 * DAY))
    const next = { state: 'deprovisioned', step: 'watch_dangling' } as const
    const outcome = done({ looks: 9 })
    const store = createDomainStore(database(), { leaseMs: 60_000 })
    await store.record(lease, {
      step: 'watch_dangling',
      outcome,
      next,
      reason: null,
      attempt: 0,
      route: null,
      ...NO_CLOCKS,
      due: null,
    })
    expect(await sweep()).toMatchObject({ erasedDomains: 1 })
  })

  it('forgets what looks and steps came to after a month, of a domain that is looked at every day', async () => {
    const { domain } = await storeDomain(database(), { state: 'active', step: 'reverify' })
    const attempt = { domain_id: domain.id, lease_token: 1, step: 'reverify', worker: 'w', code: null, detail: null }
    await database()
      .kysely.insertInto('attempts')
      .values([
        ...Array.from({ length: 40 }, (_, i) => ({
          ...attempt,
          outcome: 'done' as const,
          finished_at: ago((i + 0.5) * DAY),
        })),
        { ...attempt, started_at: ago(50 * DAY) },
      ])
      .execute()
    expect(await sweep()).toMatchObject({ oldAttempts: 10 })
    expect(await count('attempts')).toBe(31)
  })

  it('keeps each of them as long as it is told', async () => {
    await aDomainThatLeft(ago(2 * DAY))
    expect(await sweep({ personalMs: DAY })).toMatchObject({ erasedDomains: 1, forgottenDomains: 0 })
    expect(await sweep({ historyMs: DAY })).toMatchObject({ forgottenDomains: 1 })
  })
})

describe('what workers of the release before leave behind', () => {
  const sweep = () => createHousekeeping(database()).sweep()

  it('is proved again within a day when it was left at rest for good', async () => {
    const { domain } = await storeDomain(database(), { state: 'active', step: 'confirm_change', nextRunAt: null })
    expect(await sweep()).toMatchObject({ strayDomains: 1 })
    const row = await database().kysely.selectFrom('domains').selectAll().where('id', '=', domain.id).executeTakeFirst()
    expect(row?.step).toBe('reverify')
    expect(Number(row?.next_run_at) - Date.now()).toBeLessThan(DAY)
    expect(await sweep()).toMatchObject({ strayDomains: 0 })
  })

  it('frees the hostname of a domain that left without saying so', async () => {
    const { domain } = await storeDomain(database(), { state: 'deprovisioned', holds: true })
    const held = await storeDomain(database(), { state: 'active', step: 'reverify' })
    expect(await sweep()).toMatchObject({ strayDomains: 1 })
    const names = await database()
      .kysely.selectFrom('hostnames')
      .select(['hostname', 'holder', 'released_at'])
      .execute()
    expect(names).toEqual(
      expect.arrayContaining([
        { hostname: domain.hostname, holder: null, released_at: expect.any(Date) },
        { hostname: held.domain.hostname, holder: held.domain.id, released_at: null },
      ]),
    )
  })
})

describe('workers', () => {
  it('are counted on while they are heard of', async () => {
    const workers = createWorkers(database())
    expect(await workers.liveSlots()).toBe(0)
    await workers.heartbeat({ name: 'a', slots: 8 })
    await workers.heartbeat({ name: 'b', slots: 4 })
    await workers.heartbeat({ name: 'a', slots: 16 })
    expect(await workers.liveSlots()).toBe(20)

    await database()
      .kysely.updateTable('workers')
      .set({ seen_at: ago(31_000) })
      .where('name', '=', 'b')
      .execute()
    expect(await workers.liveSlots()).toBe(16)
    expect(await workers.list()).toMatchObject([
      { name: 'a', slots: 16, live: true, startedAt: expect.any(Date) },
      { name: 'b', slots: 4, live: false },
    ])
    await workers.leave('a')
    expect(await workers.liveSlots()).toBe(0)
  })
})

describe('dead letters', () => {
  const letter = {
    queue: 'mooring.v1.normal',
    code: 'MESSAGE_NOT_JSON',
    detail: 'not JSON',
    excerpt: 'hello',
    bytes: 5,
  }

  it('are listed newest first, a page at a time', async () => {
    const letters = createDeadLetters(database())
    for (const excerpt of ['a', 'b', 'c']) await letters.insert({ ...letter, excerpt })
    const first = await letters.list({ limit: 2, cursor: null })
    expect(first.data).toMatchObject([
      { ...letter, excerpt: 'c' },
      { ...letter, excerpt: 'b' },
    ])
    expect(await letters.list({ limit: 2, cursor: first.nextCursor })).toMatchObject({
      data: [{ excerpt: 'a', at: expect.any(Date) }],
      nextCursor: null,
    })
    await expect(letters.list({ limit: 2, cursor: "1' or 1" })).rejects.toMatchObject({ code: 'INVALID' })
  })

  it('may hold any bytes', async () => {
    const letters = createDeadLetters(database())
    await letters.insert({ ...letter, excerpt: 'a\0b\uD800' })
    expect((await letters.list({ limit: 1, cursor: null })).data[0]?.excerpt).toBe('a\uFFFDb\uFFFD')
  })
})
