import { type EdgeRegistry, type NewDomain, type RegisteredEdge, type ServiceStore, type Target } from '@mooring/core'
import { createEdgeRegistry, createRegistry, createServiceStore } from '@mooring/postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { aDomain } from '../builders/domain.ts'
import { aService } from '../builders/service.ts'
import { storeDomain } from '../builders/stored-domain.ts'
import { soon } from '../services/soon.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother, connect } = usePostgres()
const TIMES = { tokenLifetimeMs: 86_400_000, rotationGraceMs: 86_400_000 }
const TO_SHOP_API: Target = { type: 'proxy', service: 'shop-api' }

let services: ServiceStore
let edges: EdgeRegistry
beforeEach(() => {
  services = createServiceStore(database())
  edges = createEdgeRegistry(database())
})

const anEdge = async (name: string, pool = 'default') => (await edges.enrol({ name, pool })).edge
const report = (edge: RegisteredEdge, generation: number) =>
  edges.report(edge, { generation, rejected: [], server: 'nginx/1.22.1' })

function aRegistration(facts: Partial<NewDomain> = {}): NewDomain {
  const { id, hostname, tenant, verification, tls, edgePool, metadata, lane } = aDomain()
  return { id, hostname, tenant, target: TO_SHOP_API, verification, tls, edgePool, metadata, lane, ...facts }
}

describe('services', () => {
  it('are stored, and read by name', async () => {
    const shop = aService({
      tenant: 'acme',
      scheme: 'https',
      servers: [
        { host: 'web-1.internal', port: 443 },
        { host: 'fd00::1', port: 8443 },
      ],
      tlsName: 'shop.internal',
      health: { path: '/healthz', intervalSeconds: 5 },
    })
    expect(await services.put(shop)).toBe('created')
    expect(await services.put(aService({ name: 'blog' }))).toBe('created')
    expect(await services.find('shop-api')).toMatchObject(shop)
    expect((await services.list()).map(({ name }) => name)).toEqual(['blog', 'shop-api'])
    expect(await services.find('shop')).toBeNull()
  })

  it('are at most a thousand, and those that are there can still be changed', async () => {
    await services.put(aService())
    await database().pool.query(
      `insert into services (name, scheme, servers, published) select 's' || n, 'http', '[]', '{}' from generate_series(1, 999) n`,
    )
    expect(await services.put(aService({ name: 'one-more' }))).toBe('too_many')
    expect(await services.put(aService({ servers: [{ host: '10.0.0.6', port: 1 }] }))).toBe('changed')
  })
})

describe('a change of a service', () => {
  it('comes to the edges of every pool once, whole, in a generation of its own', async () => {
    const [a, b] = [await anEdge('a'), await anEdge('b', 'other')]
    const before = await edges.routesSince(a, 0, 10)
    await services.put(aService())
    await services.put(aService({ name: 'blog' }))
    for (const edge of [a, b]) {
      const { generation, services: told } = await edges.routesSince(edge, 0, 10)
      expect(told?.map(({ name }) => name)).toEqual(['blog', 'shop-api'])
      expect(await edges.routesSince(edge, generation, 10)).toEqual({ generation, routes: [] })
    }
    const after = await edges.routesSince(a, before.generation, 10)
    expect(after.generation).toBe(before.generation + 2)
    expect(after.services?.[1]).toEqual({
      name: 'shop-api',
      scheme: 'http',
      servers: [{ host: '10.0.0.5', port: 8080 }],
      tlsName: null,
      health: null,
    })
  })

  it('wakes whoever waits for a change of any pool', async () => {
    await anEdge('b', 'other')
    const told: string[] = []
    await database().listen('mooring_routes', (pool) => told.push(pool))
    await services.put(aService())
    await soon(() => expect(told.toSorted()).toEqual(['default', 'other']))
  })

  it('is none where nothing is another', async () => {
    await services.put(aService())
    const edge = await anEdge('a')
    const { generation } = await edges.routesSince(edge, 0, 10)
    expect(await services.put(aService())).toBe('unchanged')
    expect((await edges.routesSince(edge, 0, 10)).generation).toBe(generation)
  })

  it('says how far the edges are with it', async () => {
    const [a, b, gone] = [await anEdge('a'), await anEdge('b', 'other'), await anEdge('gone')]
    await services.put(aService())
    for (const edge of [a, b]) await edges.routesSince(edge, 0, 10)
    expect((await services.find('shop-api'))?.edges).toEqual({ applied: 0, pending: ['a', 'b'], silent: ['gone'] })
    await report(a, (await edges.routesSince(a, 0, 10)).generation)
    expect((await services.find('shop-api'))?.edges).toEqual({ applied: 1, pending: ['b'], silent: ['gone'] })
    await edges.quarantine(gone.id)
    expect((await services.find('shop-api'))?.edges).toEqual({ applied: 1, pending: ['b'], silent: [] })
    await services.put(aService({ name: 'blog' }))
    expect((await services.find('shop-api'))?.edges.applied, 'of this one alone').toBe(1)
  })

  it('reaches a pool that came into being beside it', async () => {
    const beside = await connect()
    await beside.query(`begin; insert into edge_pools (name) values ('new')`)
    const putting = services.put(aService())
    await soon(async () => {
      const { rows } = await beside.query(
        `select from pg_locks where relation = 'edge_pools'::regclass and not granted`,
      )
      expect(rows).toHaveLength(1)
    })
    await beside.query('commit')
    await putting
    const { rows } = await database().pool.query('select edge_pool from service_publications order by 1')
    expect(rows).toEqual([{ edge_pool: 'default' }, { edge_pool: 'new' }])
  })

  it('rolled back is none', async () => {
    const edge = await anEdge('a')
    const { generation } = await edges.routesSince(edge, 0, 10)
    const failing = database().atomically(async () => {
      await services.put(aService())
      throw new Error('the audit is full')
    })
    await expect(failing).rejects.toThrow('the audit is full')
    expect(await services.find('shop-api')).toBeNull()
    expect((await edges.routesSince(edge, 0, 10)).generation).toBe(generation)
  })
})

describe('a domain', () => {
  const refusal = { code: 'INVALID', facts: { errors: [{ path: 'target.service', code: 'SERVICE_UNKNOWN' }] } }

  it('names a service that is open to its tenant, whoever writes it', async () => {
    await services.put(aService({ tenant: 'acme' }))
    const registries = [createRegistry(database(), TIMES), createRegistry(database().asTenant('acme'), TIMES)]
    for (const [place, registry] of registries.entries()) {
      const hostname = `${place}.example.com` as NewDomain['hostname']
      const made = await registry.create(aRegistration({ id: aDomain().id, hostname, tenant: 'acme' }))
      expect(made).toMatchObject({ kind: 'created', domain: { target: TO_SHOP_API } })
    }
    const theirs = createRegistry(database().asTenant('globex'), TIMES)
    await expect(theirs.create(aRegistration({ tenant: 'globex' }))).rejects.toMatchObject(refusal)
    await expect(registries[0]?.create(aRegistration({ tenant: 'globex' }))).rejects.toMatchObject(refusal)
    const unknown: Target = { type: 'proxy', service: 'unknown' }
    await expect(registries[0]?.create(aRegistration({ tenant: 'acme', target: unknown }))).rejects.toMatchObject(
      refusal,
    )
  })

  it('is not changed to a service that is not there', async () => {
    const { domain } = await storeDomain(database(), { state: 'active', step: 'reverify' })
    const registry = createRegistry(database(), TIMES)
    await expect(registry.change(domain.id, { target: TO_SHOP_API })).rejects.toMatchObject(refusal)
    await services.put(aService())
    expect(await registry.change(domain.id, { target: TO_SHOP_API })).toMatchObject({ kind: 'applied' })
  })

  it('is found by the service that it names', async () => {
    await services.put(aService())
    const registry = createRegistry(database(), TIMES)
    const { domain } = await storeDomain(database(), { target: TO_SHOP_API })
    await storeDomain(database())
    const found = await registry.list({ service: 'shop-api' }, { limit: 10, cursor: null })
    expect(found.data.map((view) => view.domain.id)).toEqual([domain.id])
    expect((await registry.list({ service: 'blog' }, { limit: 10, cursor: null })).data).toEqual([])
  })

  it('that comes into being beside the removal of its service waits, and finds it gone', async () => {
    await services.put(aService())
    const { made } = await database()
      .kysely.transaction()
      .execute(async (transaction) => {
        expect(await createServiceStore({ kysely: transaction }).remove('shop-api')).toBe('removed')
        const creating = createRegistry(openAnother(), TIMES).create(aRegistration())
        await waiters(1)
        return { made: creating.catch((error: unknown) => error) }
      })
    expect(await made).toMatchObject(refusal)
  })
})

/** Resolves once so many sessions wait for a row's lock. */
const waiters = (count: number) =>
  soon(async () => {
    const { rows } = await database().pool.query(
      `select from pg_locks where locktype = 'transactionid' and not granted`,
    )
    expect(rows).toHaveLength(count)
  })

describe('a service in use', () => {
  it('is not removed before its last domain let go of it', async () => {
    await services.put(aService())
    const { domain } = await storeDomain(database(), { target: TO_SHOP_API, state: 'suspended' })
    expect(await services.remove('shop-api')).toBe('in_use')
    await database().pool.query(`update domains set state = 'deprovisioned' where id = $1`, [domain.id])
    const edge = await anEdge('a')
    const { generation } = await edges.routesSince(edge, 0, 10)
    expect(await services.remove('shop-api')).toBe('removed')
    expect(await services.remove('shop-api')).toBe('not_found')
    expect(await edges.routesSince(edge, generation, 10)).toMatchObject({ services: [] })
  })

  it('is not taken from the tenant whose domains use it', async () => {
    await services.put(aService())
    await storeDomain(database(), { target: TO_SHOP_API, tenant: 'acme' })
    expect(await services.put(aService({ tenant: 'globex' }))).toBe('in_use')
    expect((await services.find('shop-api'))?.tenant).toBeNull()
    expect(await services.put(aService({ tenant: 'acme' }))).toBe('changed')
  })

  it('is seen to be in use by a domain that comes into being beside its removal', async () => {
    await services.put(aService())
    const removing = await database()
      .kysely.transaction()
      .execute(async (transaction) => {
        await createRegistry({ kysely: transaction, log: database().log }, TIMES).create(aRegistration())
        const removed = createServiceStore(openAnother()).remove('shop-api')
        await waiters(1)
        return { removed }
      })
    expect(await removing.removed).toBe('in_use')
  })
})
