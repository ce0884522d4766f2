import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REFUSED_BY_EDGE } from '../faults/aftermath.ts'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { backUp, restoreInto } from '../services/postgres-backup.ts'
import { type Postgres, startPostgres } from '../services/postgres.ts'
import { eventually } from '../services/processes.ts'
import type { Running } from '../services/provide.ts'

describe('a restore from a backup, as docs/operating.md tells it', () => {
  let fleet: Fleet
  let another: Running<Postgres>
  beforeAll(async () => {
    fleet = await startFleet({ workers: 1, edges: 1 })
    another = await startPostgres()
  })
  afterAll(async () => {
    await fleet?.stop()
    await another?.stop()
  })

  it('serves on, knows what was in the backup, lets go of what was not, and launches again', async () => {
    const kept = await fleet.launch('kept.customer.com')
    const waiting = await fleet.post('waiting.customer.com')
    const files = { roles: join(fleet.dir, 'roles.sql'), dump: join(fleet.dir, 'mooring.dump') }
    await backUp(fleet.settings['DATABASE_URL'] as string, files)
    await fleet.launch('after-the-backup.customer.com')

    // The database is lost. The edge serves on by itself.
    const [edge] = fleet.edges
    if (edge === undefined) throw new Error('the fleet has an edge')
    await Promise.all([fleet.api.stop(), fleet.scheduler.stop(), ...fleet.workers.map((worker) => worker.stop())])
    expect((await fleet.visitHttps(edge, 'kept.customer.com')).status).toBe(200)

    fleet.settings['DATABASE_URL'] = await restoreInto(another.address.url, 'mooring', files)
    fleet.api = fleet.startApi()
    fleet.scheduler = fleet.startScheduler()
    fleet.workers = [fleet.startWorker()]
    await eventually('the API is ready', async () => (await fetch(`${fleet.apiUrl}/readyz`)).ok)

    // The edge knows of later generations than the database: it begins anew with what the database says.
    await edge.agent.stop()
    await rm(join(edge.dir, 'state.json'))
    fleet.edges = [fleet.startEdge(0)]
    await eventually('the name that the database does not know is gone', async () => {
      await expect(fleet.visitHttps(edge, 'after-the-backup.customer.com')).rejects.toThrow(REFUSED_BY_EDGE)
      return true
    })
    const secure = await fleet.visitHttps(edge, 'kept.customer.com')
    expect(secure).toMatchObject({ status: 200, serial: kept.certificate.serial })

    await fleet.addRecords(waiting)
    await fleet.call('POST', `/v1/domains/${waiting.id}/check`)
    await fleet.reaches(waiting.id, 'active')
    await fleet.launch('after-the-backup.customer.com')
    for (const name of ['kept', 'waiting', 'after-the-backup']) {
      expect((await fleet.visitHttps(edge, `${name}.customer.com`)).status).toBe(200)
    }
  })
})
