import { createWorkers, createEdgeStore } from '@mooring/postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  api = apiUnderTest(database())
})

describe('workers', () => {
  it('are listed with what each has in hand', async () => {
    const workers = createWorkers(database())
    await workers.heartbeat({ name: 'worker-a', slots: 4 })
    await workers.heartbeat({ name: 'worker-b', slots: 2 })
    const { domain } = await storeDomain(database())
    await database().pool.query(
      `insert into attempts (domain_id, lease_token, step, worker) values ($1, 1, 'verify_routing', 'worker-a')`,
      [domain.id],
    )
    const { json } = await api.call('GET', '/v1/workers')
    expect(json.data).toMatchObject([
      { name: 'worker-a', slots: 4, busy: 1, live: true, draining: false, jobs: [{ domain_id: domain.id }] },
      { name: 'worker-b', slots: 2, busy: 0, live: true, jobs: [] },
    ])
    expect(json.data[0].jobs[0]).toMatchObject({ hostname: domain.hostname, step: 'verify_routing' })
  })

  it('learn with their heartbeat that they are drained, and are not counted on until they are resumed', async () => {
    const workers = createWorkers(database())
    await workers.heartbeat({ name: 'worker-a', slots: 4 })
    expect((await api.call('POST', '/v1/workers/worker-a/drain')).status).toBe(202)
    expect([await workers.heartbeat({ name: 'worker-a', slots: 4 }), await workers.liveSlots()]).toEqual([
      { draining: true },
      0,
    ])
    await api.call('POST', '/v1/workers/worker-a/resume')
    expect([await workers.heartbeat({ name: 'worker-a', slots: 4 }), await workers.liveSlots()]).toEqual([
      { draining: false },
      4,
    ])
  })

  it('that nobody knows cannot be drained', async () => {
    expect((await api.call('POST', '/v1/workers/nobody/drain')).status).toBe(404)
  })
})

describe('an edge in quarantine', () => {
  const ofRoute = async () => {
    const { domain } = await storeDomain(database(), {
      routeGeneration: 1,
      step: 'confirm_route',
      state: 'provisioning_cert',
    })
    await database().pool.query(`update domains set next_run_at = now() + interval '1 hour' where id = $1`, [domain.id])
    await database().pool.query(
      `insert into routes (domain_id, hostname, edge_pool, generation, variant, target)
       values ($1, $2, 'default', 1, 'http', '{"type": "none"}')`,
      [domain.id, domain.hostname],
    )
    return domain
  }
  const enrol = async (name: string) => {
    const { json } = await api.call('POST', '/v1/edges', { body: { name } })
    await database().pool.query('update edges set last_seen_at = now() where id = $1', [json.id])
    return String(json.id)
  }

  it('is waited for by nobody, and those who waited go on', async () => {
    const domain = await ofRoute()
    const id = await enrol('edge-a')
    const store = createEdgeStore(database())
    expect((await store.progress(domain)).pending).toEqual(['edge-a'])
    expect((await api.call('POST', `/v1/edges/${id}/quarantine`)).status).toBe(204)
    expect(await store.progress(domain)).toEqual({ proved: [], pending: [], rejected: [], silent: [] })
    const { rows } = await database().pool.query('select next_run_at <= now() as due from domains')
    expect(rows).toEqual([{ due: true }])
    expect((await api.call('GET', '/v1/edges')).json.data[0].quarantined_at).not.toBeNull()
  })

  it('is counted on again when it is released', async () => {
    const domain = await ofRoute()
    const id = await enrol('edge-a')
    await api.call('POST', `/v1/edges/${id}/quarantine`)
    await api.call('POST', `/v1/edges/${id}/quarantine`)
    expect((await api.call('POST', `/v1/edges/${id}/release`)).status).toBe(204)
    expect((await createEdgeStore(database()).progress(domain)).pending).toEqual(['edge-a'])
  })

  it('that nobody knows is 404', async () => {
    expect((await api.call('POST', '/v1/edges/edge_none/quarantine')).status).toBe(404)
    expect((await api.call('POST', '/v1/edges/edge_none/release')).status).toBe(404)
  })
})
