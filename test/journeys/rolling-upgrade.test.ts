import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'
import { type Release, checkOutRelease, hasRelease } from '../services/release.ts'

/** The release before this one: what an operator upgrades from. Set anew with every release. */
const BEFORE = 'df04d6f'

describe.skipIf(!(await hasRelease(BEFORE)))('a rolling upgrade, in the order that README gives', () => {
  let before: Release
  let fleet: Fleet
  beforeAll(async () => {
    before = await checkOutRelease(BEFORE)
    fleet = await startFleet({ release: before.dir, workers: 2, edges: 1 })
  })
  afterAll(async () => {
    await fleet?.stop()
    await before?.remove()
  })

  const serves = async (hostname: string): Promise<void> => {
    await eventually(`${hostname} is served`, async () => {
      const [edge] = fleet.edges
      return edge !== undefined && (await fleet.visitHttps(edge, hostname)).status === 200
    })
  }

  it('serves and launches at every moment, with old and new roles side by side', async () => {
    const waiting = await fleet.post('waits-through-it.customer.com')
    await fleet.launch('before.customer.com')
    fleet.upgrade()

    const [edge] = fleet.edges
    await edge?.agent.stop()
    fleet.edges = [fleet.startEdge(0)]
    await fleet.launch('new-edge.customer.com')

    await fleet.api.stop()
    fleet.api = fleet.startApi()
    await eventually('the new API is ready', async () => (await fetch(`${fleet.apiUrl}/readyz`)).ok)
    // Old workers and the old scheduler on a database that the new release has migrated.
    await fleet.launch('new-database.customer.com')

    const [first, second] = fleet.workers
    fleet.workers.push(fleet.startWorker())
    await Promise.all(Array.from({ length: 6 }, (_, index) => fleet.launch(`side-by-side-${index}.customer.com`)))
    const { body } = await fleet.call('GET', '/v1/domains?limit=200')
    expect(body.data.filter((domain: { state: string }) => domain.state === 'failed')).toEqual([])

    const scheduler = fleet.scheduler
    fleet.scheduler = fleet.startScheduler()
    await Promise.all([first?.stop(), second?.stop(), scheduler.stop()])
    await fleet.launch('after.customer.com')

    await fleet.addRecords(waiting)
    await fleet.call('POST', `/v1/domains/${waiting.id}/check`)
    await fleet.reaches(waiting.id, 'active')
    for (const name of ['before', 'new-edge', 'new-database', 'side-by-side-3', 'after', 'waits-through-it']) {
      await serves(`${name}.customer.com`)
    }
    expect(await fleet.count("select count(*) from attempts where outcome in ('lost', 'failed')")).toBe(0)
  })
})
