import { type Domain, EDGE_LIVE_MS, type EdgeRegistry, type RegisteredEdge, type StepName } from '@mooring/core'
import { createEdgeRegistry, createEdgeStore } from '@mooring/postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let registry: EdgeRegistry
beforeEach(() => {
  registry = createEdgeRegistry(database())
})

/** A route of the pool at its next generation, for a domain at `step`. */
async function aRoute(
  step: StepName,
  facts: { pool?: string; removed?: boolean; due?: boolean } = {},
): Promise<Domain> {
  const { pool = 'default', removed = false, due = true } = facts
  const { kysely } = database()
  const { generation } = await kysely
    .updateTable('edge_pools')
    .set((row) => ({ generation: row('generation', '+', 1) }))
    .where('name', '=', pool)
    .returning('generation')
    .executeTakeFirstOrThrow()
  const { domain } = await storeDomain(database(), {
    state: step === 'confirm_route' ? 'provisioning_cert' : step === 'confirm_change' ? 'active' : 'deprovisioning',
    step,
    edgePool: pool,
    routeGeneration: generation,
    nextRunAt: due ? new Date(Date.now() + 60_000) : null,
    lane: 'normal',
  })
  await kysely
    .insertInto('routes')
    .values({
      domain_id: domain.id,
      hostname: domain.hostname,
      edge_pool: pool,
      generation,
      variant: removed ? 'removed' : 'http',
      target: JSON.stringify(domain.target),
      certificate_id: null,
    })
    .execute()
  return domain
}

const anEdge = async (name: string, pool = 'default') => (await registry.enrol({ name, pool })).edge
const report = (edge: RegisteredEdge, generation: number, refused: Domain[] = [], detail = 'unknown directive') =>
  registry.report(edge, {
    generation,
    rejected: refused.map(({ id, routeGeneration }) => ({ domainId: id, generation: routeGeneration ?? 0, detail })),
    server: 'nginx/1.22.1',
  })
const progress = (domain: Domain) => createEdgeStore(database()).progress(domain)
const silence = (edge: RegisteredEdge) =>
  database()
    .kysely.updateTable('edges')
    .set({ last_seen_at: new Date(Date.now() - EDGE_LIVE_MS - 5_000) })
    .where('id', '=', edge.id)
    .execute()
const stored = async (domain: Domain) =>
  database().kysely.selectFrom('domains').selectAll().where('id', '=', domain.id).executeTakeFirstOrThrow()
const generationOf = async (edge: RegisteredEdge) =>
  (await registry.list()).find(({ id }) => id === edge.id)?.generation

describe('edge registry', () => {
  describe('identity', () => {
    it('knows an edge by its token, which is stored nowhere', async () => {
      const { edge, token } = await registry.enrol({ name: 'edge-a', pool: 'default' })
      expect(token).toMatch(/^moor_edge_[A-Za-z0-9_-]{43}$/)
      expect(await registry.authenticate(token)).toEqual(edge)
      const row = await database().kysely.selectFrom('edges').selectAll().executeTakeFirstOrThrow()
      expect(JSON.stringify(row)).not.toContain(token.slice('moor_edge_'.length))
    })

    it.each(['', 'moor_edge_', `moor_edge_${'A'.repeat(43)}`, `moor_edge_${'A'.repeat(44)}`, '\0'])(
      'knows nobody by %j',
      async (token) => expect(await registry.authenticate(token)).toBeNull(),
    )

    it('gives a known edge a new token, and the old one stops working', async () => {
      const first = await registry.enrol({ name: 'edge-a', pool: 'default' })
      const second = await registry.enrol({ name: 'edge-a', pool: 'default' })
      expect(second.edge.id).toBe(first.edge.id)
      expect(await registry.authenticate(first.token)).toBeNull()
      expect(await registry.authenticate(second.token)).toMatchObject({ name: 'edge-a' })
    })

    it('makes a pool that is not there', async () => {
      const edge = await anEdge('edge-a', 'europe')
      expect(await registry.routesSince(edge, 0, 10)).toEqual({ generation: 0, routes: [], services: [] })
    })

    it('moves no edge between pools', async () => {
      await anEdge('edge-a')
      await expect(registry.enrol({ name: 'edge-a', pool: 'europe' })).rejects.toMatchObject({ code: 'CONFLICT' })
    })
  })

  describe('routes', () => {
    it('come in the order of their generations, a page at a time', async () => {
      const edge = await anEdge('edge-a')
      const domains = [await aRoute('confirm_route'), await aRoute('confirm_route'), await aRoute('confirm_route')]
      const first = await registry.routesSince(edge, 0, 2)
      expect(first).toMatchObject({ generation: 2, routes: domains.slice(0, 2).map(({ id }) => ({ domainId: id })) })
      const second = await registry.routesSince(edge, first.generation, 2)
      expect(second).toMatchObject({ generation: 3, routes: [{ domainId: domains[2]?.id, certificate: null }] })
      expect(await registry.routesSince(edge, second.generation, 2)).toEqual({ generation: 3, routes: [] })
    })

    it('of other pools are not shown', async () => {
      const edge = await anEdge('edge-a')
      await anEdge('edge-b', 'europe')
      await aRoute('confirm_route', { pool: 'europe' })
      expect(await registry.routesSince(edge, 0, 10)).toEqual({ generation: 0, routes: [], services: [] })
    })

    it('that were removed are told to an edge that may have them, not to one that starts', async () => {
      const edge = await anEdge('edge-a')
      await aRoute('confirm_route')
      const gone = await aRoute('confirm_withdrawal', { removed: true })
      expect((await registry.routesSince(edge, 0, 10)).routes).toHaveLength(1)
      expect(await registry.routesSince(edge, 1, 10)).toMatchObject({
        generation: 2,
        routes: [{ domainId: gone.id, variant: 'removed', certificate: null }],
      })
    })

    it('bring the certificate with its key still sealed', async () => {
      const edge = await anEdge('edge-a')
      const domain = await aRoute('confirm_route')
      const sealedKey = { version: 1, kek: '00', wrappedDataKey: 'dw==', nonce: 'bg==', ciphertext: 'Yw==' }
      const { kysely } = database()
      await kysely
        .insertInto('certificates')
        .values({
          id: 'crt_1',
          domain_id: domain.id,
          issuer: 'acme',
          status: 'issued',
          sealed_key: JSON.stringify(sealedKey),
          csr: Buffer.from('csr'),
          order_url: null,
          chain_pem: 'PEM',
          serial: '0A',
        })
        .execute()
      await kysely.updateTable('routes').set({ variant: 'https', certificate_id: 'crt_1' }).execute()
      const { routes } = await registry.routesSince(edge, 0, 10)
      expect(routes).toEqual([
        {
          domainId: domain.id,
          hostname: domain.hostname,
          generation: 1,
          variant: 'https',
          target: domain.target,
          certificate: { id: 'crt_1', ownerId: domain.id, serial: '0A', chainPem: 'PEM', sealedKey },
        },
      ])
    })

    it('never answer a generation whose routes another transaction still holds back', async () => {
      const edge = await anEdge('edge-a')
      await aRoute('confirm_route')
      const publishing = await database().kysely.startTransaction().execute()
      await publishing.updateTable('edge_pools').set({ generation: 2 }).execute()
      expect(await registry.routesSince(edge, 1, 10)).toEqual({ generation: 1, routes: [] })
      await publishing.rollback().execute()
    })

    it('count as a heartbeat, but a poll soon after another writes nothing', async () => {
      const edge = await anEdge('edge-a')
      await registry.routesSince(edge, 0, 10)
      const [first] = await registry.list()
      expect(first).toMatchObject({ live: true })
      await registry.routesSince(edge, 0, 10)
      expect((await registry.list())[0]?.lastSeenAt).toEqual(first?.lastSeenAt)
    })
  })

  describe('a report', () => {
    it('wakes those who waited for what it proves, at once and in the fast lane', async () => {
      const edge = await anEdge('edge-a')
      const waiting = [
        await aRoute('confirm_route'),
        await aRoute('confirm_change'),
        await aRoute('confirm_withdrawal', { removed: true }),
      ]
      expect((await report(edge, 3)).toSorted()).toEqual(waiting.map(({ id }) => id).toSorted())
      for (const domain of waiting) {
        const row = await stored(domain)
        expect(row).toMatchObject({ gen: domain.gen + 1, hinted_until: null, lane: 'interactive' })
        expect(row.next_run_at?.getTime()).toBeLessThanOrEqual(Date.now() + 1_000)
      }
    })

    it('notifies the scheduler, in case nobody publishes the hints', async () => {
      const edge = await anEdge('edge-a')
      await aRoute('confirm_route')
      const notified = Promise.withResolvers<string>()
      await database().listen('mooring_due', notified.resolve)
      await report(edge, 1)
      expect(await notified.promise).toBe('')
    })

    it('leaves alone who waits for something newer, rests, or does something else', async () => {
      const edge = await anEdge('edge-a')
      await aRoute('confirm_change', { due: false })
      await aRoute('sit_out_grace')
      await aRoute('confirm_route')
      await aRoute('confirm_route')
      expect(await report(edge, 2)).toEqual([])
    })

    it('wakes nobody the second time, and only says that the edge is alive', async () => {
      const edge = await anEdge('edge-a')
      const domain = await aRoute('confirm_route')
      const refused = await aRoute('confirm_route')
      await report(edge, 2, [refused])
      await silence(edge)
      expect(await report(edge, 2, [refused])).toEqual([])
      expect((await registry.list())[0]).toMatchObject({ live: true, generation: 2, server: 'nginx/1.22.1' })
      expect((await stored(domain)).gen).toBe(domain.gen + 1)
    })

    it('of a generation the pool has not reached is refused', async () => {
      const edge = await anEdge('edge-a')
      await aRoute('confirm_route')
      await expect(report(edge, 2)).rejects.toMatchObject({ code: 'INVALID' })
      expect(await generationOf(edge)).toBe(0)
    })

    it('that was overtaken by a newer one changes nothing', async () => {
      const edge = await anEdge('edge-a')
      const domain = await aRoute('confirm_route')
      await aRoute('confirm_route')
      await report(edge, 2)
      expect(await report(edge, 1, [domain])).toEqual([])
      expect(await generationOf(edge)).toBe(2)
      expect(await progress(domain)).toMatchObject({ proved: ['edge-a'], rejected: [] })
    })

    it('of an edge that starts over on an empty disk stands, and proves only what it has again', async () => {
      const edge = await anEdge('edge-a')
      const [first, second] = [await aRoute('confirm_route'), await aRoute('confirm_route')]
      await report(edge, 2)
      await registry.routesSince(edge, 0, 1)
      expect(await progress(first)).toMatchObject({ proved: [], pending: ['edge-a'] })
      await report(edge, 1)
      expect(await progress(first)).toMatchObject({ proved: ['edge-a'] })
      expect(await progress(second)).toMatchObject({ pending: ['edge-a'] })
    })

    it('wakes a domain that an edge newly refuses, and again when it is accepted', async () => {
      const edge = await anEdge('edge-a')
      const domain = await aRoute('confirm_route')
      await report(edge, 1)
      expect(await report(edge, 1, [domain])).toEqual([domain.id])
      expect(await progress(domain)).toMatchObject({
        proved: [],
        rejected: [{ edge: 'edge-a', detail: 'unknown directive' }],
      })
      expect(await report(edge, 1, [domain], 'the same in other words')).toEqual([])
      expect((await progress(domain)).rejected[0]?.detail).toBe('the same in other words')
      expect(await report(edge, 1)).toEqual([domain.id])
      expect(await progress(domain)).toMatchObject({ proved: ['edge-a'], rejected: [] })
    })

    it('says nothing about domains of other pools or domains that are not there', async () => {
      const edge = await anEdge('edge-a')
      await anEdge('edge-b', 'europe')
      const foreign = await aRoute('confirm_route', { pool: 'europe' })
      expect(await report(edge, 0, [foreign, { ...foreign, id: 'dom_nobody' }])).toEqual([])
      expect(await progress(foreign)).toMatchObject({ rejected: [] })
    })

    it('of a removed edge is turned away', async () => {
      const edge = await anEdge('edge-a')
      await registry.remove(edge.id)
      await expect(report(edge, 0)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    })

    it('of many edges at once about the same domains goes through', async () => {
      const edges = await Promise.all(['a', 'b', 'c', 'd'].map((name) => anEdge(`edge-${name}`)))
      const domains: Domain[] = []
      for (let index = 0; index < 12; index += 1) domains.push(await aRoute('confirm_route'))
      await Promise.all(edges.map((edge, index) => report(edge, 12, index % 2 === 0 ? domains : domains.toReversed())))
      const last = domains.at(-1) as Domain
      expect((await progress(last)).rejected.map(({ edge }) => edge)).toEqual(edges.map(({ name }) => name))
      expect((await stored(last)).gen).toBe(last.gen + 4)
    })
  })

  describe('progress', () => {
    it('tells proved, pending and silent edges apart', async () => {
      const [a, b, c, d] = [await anEdge('a'), await anEdge('b'), await anEdge('c'), await anEdge('d')]
      await anEdge('never-started')
      await anEdge('elsewhere', 'europe')
      const domain = await aRoute('confirm_route')
      await report(a, 1)
      await registry.routesSince(b, 0, 10)
      await report(c, 1)
      for (const edge of [c, d]) await silence(edge)
      expect(await progress(domain)).toEqual({
        proved: ['a'],
        pending: ['b'],
        rejected: [],
        silent: ['d', 'never-started'],
      })
    })

    it('forgets a refusal once the route has changed', async () => {
      const edge = await anEdge('edge-a')
      const domain = await aRoute('confirm_change')
      await report(edge, 1, [domain])
      expect(await progress({ ...domain, routeGeneration: 2 })).toMatchObject({ rejected: [], pending: ['edge-a'] })
    })

    it('of a domain without a route waits for nobody', async () => {
      await anEdge('edge-a')
      const { domain } = await storeDomain(database())
      expect(await progress(domain)).toEqual({ proved: [], pending: [], rejected: [], silent: [] })
    })
  })

  describe('removing an edge', () => {
    it('wakes those who waited for it', async () => {
      const edge = await anEdge('edge-a')
      await anEdge('edge-b', 'europe')
      const gone = await aRoute('confirm_withdrawal', { removed: true })
      await aRoute('confirm_withdrawal', { removed: true, pool: 'europe' })
      await aRoute('confirm_change', { due: false })
      expect(await progress(gone)).toMatchObject({ silent: ['edge-a'] })
      expect(await registry.remove(edge.id)).toEqual({ removed: true, due: [gone.id] })
      expect(await progress(gone)).toMatchObject({ silent: [] })
    })

    it('that is not there says so', async () => {
      expect(await registry.remove('edge_nobody')).toEqual({ removed: false, due: [] })
    })
  })
})
