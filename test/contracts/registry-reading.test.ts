import {
  type Domain,
  type Hostname,
  type Paged,
  type Registry,
  newCertificateId,
  newDomainId,
  reason,
} from '@mooring/core'
import { createDnsZoneStore, createDomainStore, createEdgeRegistry, createRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { aZone } from '../builders/dns-zone.ts'
import { storeDueDomain } from '../builders/due-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let registry: Registry
beforeEach(() => {
  registry = createRegistry(database(), { tokenLifetimeMs: 1000, rotationGraceMs: 1000 })
})

const FIRST = { limit: 50, cursor: null }
const run = (text: ReturnType<typeof sql>) => text.execute(database().kysely)

/** Every item of a list, page after page. */
async function readAll<T>(limit: number, list: (page: { limit: number; cursor: string | null }) => Promise<Paged<T>>) {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page: Paged<T> = await list({ limit, cursor })
    expect(page.data.length).toBeLessThanOrEqual(limit)
    items.push(...page.data)
    cursor = page.nextCursor
  } while (cursor !== null)
  return items
}

describe('find', () => {
  it('finds by id and by hostname', async () => {
    const { id, hostname } = await storeDueDomain(database())
    expect((await registry.find(id))?.domain.id).toBe(id)
    expect((await registry.find(hostname))?.domain.id).toBe(id)
    expect(await registry.find('nobody.example.com')).toBeNull()
    expect(await registry.find(newDomainId())).toBeNull()
  })

  it('prefers the holder of a hostname, then the newest claim, then the newest of what has left', async () => {
    const hostname = 'shop.example.com' as Hostname
    const claims: Domain[] = []
    for (const [i, state] of (
      ['deprovisioned', 'active', 'verifying', 'pending', 'deprovisioned'] as const
    ).entries()) {
      claims.push(await storeDueDomain(database(), { hostname, state, tenant: `tenant-${i}` }))
      await run(sql`update domains set created_at = clock_timestamp() where id = ${claims.at(-1)?.id}`)
    }
    expect((await registry.find(hostname))?.domain.id).toBe(claims[1]?.id)
    await run(sql`update domains set holds = false`)
    expect((await registry.find(hostname))?.domain.id).toBe(claims[3]?.id)
    await run(sql`update domains set state = 'deprovisioned'`)
    expect((await registry.find(hostname))?.domain.id).toBe(claims[4]?.id)
  })

  it('shows whom a domain lets have names below it, and the managed zone it lies in', async () => {
    const own = await storeDueDomain(database(), { state: 'active' })
    for (const tenant of ['b', 'a']) await registry.giveConsent(own.id, tenant)
    expect(await registry.find(own.id)).toMatchObject({ consents: ['a', 'b'], provider: null })
    const zones = createDnsZoneStore(database())
    await zones.create(aZone({ name: 'example.com' }))
    expect(await registry.find(own.id)).toMatchObject({ provider: null })
    const managed = await storeDueDomain(database(), {
      verification: { ...own.verification, method: 'managed' },
    })
    expect(await registry.find(managed.id)).toMatchObject({ consents: [], provider: 'digitalocean' })
  })

  it('shows the certificate being obtained, then the one in use', async () => {
    const { id } = await storeDueDomain(database())
    expect((await registry.find(id))?.certificate).toBeNull()
    const certificateId = newCertificateId()
    await run(sql`
      insert into certificates (id, domain_id, issuer, status, sealed_key, csr)
      values (${certificateId}, ${id}, 'acme', 'ordering', '{}', '')`)
    expect((await registry.find(id))?.certificate).toEqual({
      id: certificateId,
      issuer: 'acme',
      status: 'ordering',
      issued: null,
    })
    await run(sql`
      update certificates set status = 'issued', chain_pem = 'PEM', serial = '0A', not_before = '2026-11-01T00:00:00Z',
        not_after = '2027-01-30T00:00:00Z', renew_at = '2027-01-01T00:00:00Z'`)
    await run(sql`update domains set certificate_id = ${certificateId}`)
    expect((await registry.find(id))?.certificate?.issued).toEqual({
      chainPem: 'PEM',
      serial: '0A',
      notBefore: new Date('2026-11-01T00:00:00Z'),
      notAfter: new Date('2027-01-30T00:00:00Z'),
      renewAt: new Date('2027-01-01T00:00:00Z'),
    })
  })

  it('shows how far the edges are with each route', async () => {
    const edges = createEdgeRegistry(database())
    const { edge } = await edges.enrol({ name: 'edge-a', pool: 'default' })
    const routed = await storeDueDomain(database(), { routeGeneration: 2 })
    const older = await storeDueDomain(database(), { routeGeneration: 1 })
    const without = await storeDueDomain(database())
    await run(sql`update edge_pools set generation = 2`)
    await edges.report(edge, { generation: 1, rejected: [], server: 'nginx/1.22.1' })
    const views = (await registry.list({}, FIRST)).data
    const routeOf = (id: string) => views.find((view) => view.domain.id === id)?.route
    expect(routeOf(older.id)).toMatchObject({ proved: ['edge-a'], pending: [] })
    expect(routeOf(routed.id)).toMatchObject({ proved: [], pending: ['edge-a'] })
    expect(routeOf(without.id)).toBeNull()
  })
})

describe('list', () => {
  it('gives every domain once, newest first, however small the pages', async () => {
    for (let i = 0; i < 7; i++) await storeDueDomain(database())
    // Three of them within one microsecond: the id decides.
    await run(
      sql`update domains set created_at = '2026-11-20T10:00:00.123456Z' where id in (select id from domains limit 3)`,
    )
    const { rows } = await sql<{ id: string }>`select id from domains order by created_at desc, id desc`.execute(
      database().kysely,
    )
    const read = await readAll(2, (page) => registry.list({}, page))
    expect(read.map((view) => view.domain.id)).toEqual(rows.map((row) => row.id))
  })

  it('neither repeats nor leaves out a domain when others are added meanwhile', async () => {
    for (let i = 0; i < 4; i++) await storeDueDomain(database())
    const first = await registry.list({}, { limit: 2, cursor: null })
    await storeDueDomain(database())
    const second = await registry.list({}, { limit: 2, cursor: first.nextCursor })
    expect(new Set([...first.data, ...second.data].map((view) => view.domain.id)).size).toBe(4)
    expect(second.nextCursor).toBeNull()
  })

  it('gives two tenants that claim one hostname their own claim each', async () => {
    const hostname = 'shop.example.com' as Hostname
    const holder = await storeDueDomain(database(), { hostname, tenant: 'a', state: 'active' })
    const claimant = await storeDueDomain(database(), { hostname, tenant: 'b' })
    const of = async (tenant: string) =>
      (await registry.list({ tenant, q: 'shop' }, FIRST)).data.map((v) => v.domain.id)
    expect(await of('a')).toEqual([holder.id])
    expect(await of('b')).toEqual([claimant.id])
    expect((await registry.list({ q: 'shop' }, FIRST)).data).toHaveLength(2)
  })

  it('filters by state, tenant, reason and who must act', async () => {
    const because = reason('DNS_TXT_MISSING', 'Not there.')
    const one = await storeDueDomain(database(), { state: 'verifying', tenant: 'acme', reason: because })
    await storeDueDomain(database())
    for (const filter of [
      { state: 'verifying' },
      { tenant: 'acme' },
      { reason: 'DNS_TXT_MISSING' },
      { actor: 'customer' },
      { state: 'verifying', tenant: 'acme', reason: 'DNS_TXT_MISSING', actor: 'customer', q: one.hostname.slice(2, 8) },
    ] as const) {
      expect((await registry.list(filter, FIRST)).data.map((view) => view.domain.id)).toEqual([one.id])
    }
    expect((await registry.list({ state: 'active' }, FIRST)).data).toEqual([])
  })

  it.each([
    ['A-B', ['a-b.example.com']],
    ['_', []],
    ['%', []],
    ['\\', []],
    ['example', ['axb.example.com', 'a-b.example.com']],
  ])('finds parts of hostnames as they are written: %s', async (q, expected) => {
    for (const hostname of ['a-b.example.com', 'axb.example.com']) {
      await storeDueDomain(database(), { hostname: hostname as Hostname })
    }
    const found = (await registry.list({ q }, FIRST)).data.map((view) => view.domain.hostname)
    expect(found.toSorted()).toEqual(expected.toSorted())
  })

  it('goes on after a page that ends exactly at the last domain with nothing', async () => {
    await storeDueDomain(database())
    await storeDueDomain(database())
    expect((await registry.list({}, { limit: 2, cursor: null })).nextCursor).toBeNull()
  })
})

const encoded = (place: unknown) => Buffer.from(JSON.stringify(place)).toString('base64url')

describe('a cursor that is not ours', () => {
  it.each([
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('nonsense').toString('base64url')],
    ['another shape', encoded({ a: 1 })],
    ['too few parts', encoded([1])],
    ['a part of another type', encoded(['x', 'y'])],
    ['a number out of range', encoded([1e300, 'y'])],
    ['a negative number', encoded([-1, 'y'])],
    ['NUL in a text', encoded([1, 'a\0b'])],
    ['empty', ''],
  ])('is refused by name: %s', async (_, cursor) => {
    await expect(registry.list({}, { limit: 2, cursor })).rejects.toMatchObject({
      code: 'INVALID',
      facts: { errors: [{ path: 'cursor', code: 'CURSOR_INVALID' }] },
    })
  })
})

describe('events and attempts', () => {
  it('give everything once, newest first', async () => {
    const { id } = await storeDueDomain(database())
    const store = createDomainStore(database(), { leaseMs: 60_000 })
    for (let i = 0; i < 5; i++) {
      await registry.check(id)
      const answer = await store.claim(id, `worker-${i}`)
      if (answer.kind === 'claimed') await store.release(answer.lease)
    }
    const events = await readAll(2, (page) => registry.events(id, page))
    expect(events.map((event) => event.type)).toEqual(Array.from({ length: 5 }, () => 'domain.check_requested'))
    const attempts = await readAll(2, (page) => registry.attempts(id, page))
    expect(attempts.map((attempt) => attempt.worker)).toEqual([4, 3, 2, 1, 0].map((i) => `worker-${i}`))
    expect(attempts[0]).toMatchObject({ step: 'accept', outcome: 'superseded', startedAt: expect.any(Date) })
  })
})

describe('jobs', () => {
  const because = reason('CA_REJECTED', 'The CA will not.')
  async function oneOfEach() {
    const due = await storeDueDomain(database(), { tenant: 'due' })
    const running = await storeDueDomain(database(), { tenant: 'running' })
    await createDomainStore(database(), { leaseMs: 60_000 }).claim(running.id, 'worker-a')
    const waiting = await storeDueDomain(database(), { nextRunAt: new Date(Date.now() + 60_000) })
    const failed = await storeDueDomain(database(), { state: 'failed', nextRunAt: null, reason: because })
    // At rest until its ownership is proved again: it waits for nothing.
    const tomorrow = new Date(Date.now() + 86_400_000)
    await storeDueDomain(database(), { state: 'active', step: 'reverify', nextRunAt: tomorrow })
    await storeDueDomain(database(), { state: 'deprovisioned', step: 'watch_dangling', nextRunAt: tomorrow })
    await run(sql`
      insert into dead_letters (queue, code, detail, excerpt, bytes)
      values ('mooring.v1.normal', 'MESSAGE_NOT_JSON', 'The message is not JSON.', '{', 1)`)
    return { due: due.id, running: running.id, waiting: waiting.id, failed: failed.id }
  }

  it('are listed by kind, each domain under one', async () => {
    const ids = await oneOfEach()
    const listed = async (kind: 'due' | 'running' | 'waiting' | 'failed') =>
      (await registry.jobs({ kind }, FIRST)).data.map((job) => job.domainId)
    for (const kind of ['due', 'running', 'waiting', 'failed'] as const) expect(await listed(kind)).toEqual([ids[kind]])
    expect(await registry.jobCounts()).toEqual({ due: 1, running: 1, waiting: 1, failed: 1, dead: 1 })
  })

  it('wait where an active domain has a reason to be looked at again', async () => {
    const lost = reason('OWNERSHIP_LOST', 'The record is gone.')
    const soon = new Date(Date.now() + 60_000)
    const { id } = await storeDueDomain(database(), {
      state: 'active',
      step: 'reverify',
      nextRunAt: soon,
      reason: lost,
    })
    expect((await registry.jobs({ kind: 'waiting' }, FIRST)).data).toMatchObject([{ domainId: id, reason: lost }])
  })

  it('say who works on a domain, why it failed and what a dead letter was', async () => {
    await oneOfEach()
    expect((await registry.jobs({ kind: 'running' }, FIRST)).data).toMatchObject([
      { kind: 'running', tenant: 'running', worker: 'worker-a', step: 'accept', attempt: 1, at: expect.any(Date) },
    ])
    expect((await registry.jobs({ kind: 'failed' }, FIRST)).data).toMatchObject([{ state: 'failed', reason: because }])
    expect((await registry.jobs({ kind: 'dead' }, FIRST)).data).toMatchObject([
      {
        domainId: null,
        hostname: 'mooring.v1.normal',
        deadLetter: { code: 'MESSAGE_NOT_JSON', detail: 'The message is not JSON.' },
      },
    ])
  })

  it('are all given once without a kind, however small the pages', async () => {
    await oneOfEach()
    await oneOfEach()
    const jobs = await readAll(3, (page) => registry.jobs({}, page))
    expect(jobs.map((job) => job.kind)).toEqual([
      'due',
      'due',
      'running',
      'running',
      'waiting',
      'waiting',
      'failed',
      'failed',
      'dead',
      'dead',
    ])
    expect(new Set(jobs.map((job) => job.domainId)).size).toBe(9)
  })

  it('are found by a part of the hostname, with nothing in it that matches anything', async () => {
    const named = (hostname: string) =>
      storeDueDomain(database(), { hostname: hostname as Hostname, state: 'failed', nextRunAt: null })
    const { id } = await named('shop-one.example.com')
    await named('blog.example.com')
    const found = async (q: string) =>
      (await registry.jobs({ kind: 'failed', q }, FIRST)).data.map((job) => job.domainId)
    expect(await found('SHOP')).toEqual([id])
    expect(await found('shop_one')).toEqual([])
    expect(await found('%')).toEqual([])
  })

  it('of one kind are paged without a gap', async () => {
    for (let i = 0; i < 5; i++) await storeDueDomain(database(), { state: 'failed', nextRunAt: null })
    await run(sql`update domains set updated_at = now()`)
    const jobs = await readAll(2, (page) => registry.jobs({ kind: 'failed' }, page))
    expect(new Set(jobs.map((job) => job.domainId)).size).toBe(5)
  })

  it('are all zero on an empty database', async () => {
    expect(await registry.jobCounts()).toEqual({ due: 0, running: 0, waiting: 0, failed: 0, dead: 0 })
    expect(await registry.jobs({}, FIRST)).toEqual({ data: [], nextCursor: null })
  })
})
