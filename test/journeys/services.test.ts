import { once } from 'node:events'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Edge, type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'

/** A server of the platform's own, in its private network: answers with its name, and says how it is. */
interface Web {
  server: Server
  /** `host:port` */
  address: string
  isWell: boolean
}

async function startWeb(name: string): Promise<Web> {
  const web: Web = { server: createServer(), address: '', isWell: true }
  web.server.on('request', (request, response) => {
    if (request.url === '/healthz') response.writeHead(web.isWell ? 204 : 503).end()
    else response.end(name)
  })
  web.server.listen(0, '127.0.0.1')
  await once(web.server, 'listening')
  web.address = `127.0.0.1:${(web.server.address() as AddressInfo).port}`
  return web
}

describe('a service of the platform, every role a process of its own', () => {
  const NAMES = ['shop', 'blog', 'docs'].map((label) => `${label}.of-service.com`)
  let fleet: Fleet
  let a: Web
  let b: Web
  beforeAll(async () => {
    // What customers may name are public addresses, and those of the edges for the looks at them.
    fleet = await startFleet({ env: { MOORING_UPSTREAM_ALLOW: '127.0.1.0/24' } })
    a = await startWeb('a')
    b = await startWeb('b')
  })
  afterAll(async () => {
    for (const web of [a, b]) web?.server.close()
    await fleet?.stop()
  })

  async function setServers(servers: Web[], health?: unknown): Promise<void> {
    const body = { servers: servers.map(({ address }) => address), ...(health === undefined ? {} : { health }) }
    const answer = await fleet.call('PUT', '/v1/services/web', body)
    expect([200, 201]).toContain(answer.status)
    await onEveryEdge()
  }

  async function onEveryEdge(): Promise<void> {
    await eventually('every edge has the service', async () => {
      const { body } = await fleet.call('GET', '/v1/services/web')
      return body.edges.applied === 2
    })
  }

  /** Who answers a few visits of every name at an edge; throws unless each is answered with 200. */
  async function answeredBy(edge: Edge): Promise<string[]> {
    const names = new Set<string>()
    for (const hostname of [...NAMES, ...NAMES]) {
      const { status, body } = await fleet.visitHttps(edge, hostname)
      expect(status).toBe(200)
      names.add(body)
    }
    return [...names].toSorted()
  }

  const eventuallyAnsweredBy = (...expected: string[]) =>
    Promise.all(
      fleet.edges.map((edge) =>
        eventually(`${edge.name} is answered by ${expected.join(' and ')}`, async () => {
          return (await answeredBy(edge)).join() === expected.join()
        }),
      ),
    )

  it('serves the names that point at it from a private address, which no customer may name', async () => {
    const url = `http://${a.address}`
    const refused = await fleet.call('POST', '/v1/domains', { hostname: NAMES[0], target: { type: 'proxy', url } })
    expect([refused.status, refused.body.errors[0].code]).toEqual([422, 'TARGET_ADDRESS_FORBIDDEN'])

    await setServers([a])
    for (const hostname of NAMES) {
      const posted = await fleet.post(hostname, { target: { type: 'proxy', service: 'web' } })
      await fleet.addRecords(posted)
      await fleet.call('POST', `/v1/domains/${posted.id}/check`)
    }
    for (const hostname of NAMES) await fleet.reaches(hostname, 'active')
    for (const edge of fleet.edges) expect(await answeredBy(edge)).toEqual(['a'])
  })

  it('gets another server under all its names at once, and no route is touched', async () => {
    const routes = 'select sum(generation) from routes'
    const before = await fleet.count(routes)
    await setServers([a, b])
    await eventuallyAnsweredBy('a', 'b')
    await setServers([b])
    for (const edge of fleet.edges) expect(await answeredBy(edge)).toEqual(['b'])
    expect(await fleet.count(routes)).toBe(before)
  })

  it('loses no visit while a server of it is down, or says that it is not well', async () => {
    await setServers([a, b], { path: '/healthz', interval_seconds: 1 })
    await eventuallyAnsweredBy('a', 'b')
    a.isWell = false
    await eventuallyAnsweredBy('b')
    b.isWell = false
    // Nobody is well: a service whose health is asked in the wrong place goes on.
    await eventuallyAnsweredBy('a', 'b')
    a.isWell = true
    b.isWell = true

    a.server.close()
    a.server.closeAllConnections()
    // From the first visit on: what a server does not take is given to the other.
    for (const edge of fleet.edges) expect(await answeredBy(edge)).toEqual(['b'])
  })

  it('comes to an edge whose agent was away, and to one that joins', async () => {
    const [edge] = fleet.edges
    if (edge === undefined) expect.fail('no edge')
    edge.agent.signal('SIGKILL')
    await edge.agent.exited
    a = await startWeb('a')
    const put = await fleet.call('PUT', '/v1/services/web', { servers: [a.address] })
    expect(put.body.edges.applied).toBe(0)
    expect(await answeredBy(edge)).toEqual(['b'])
    fleet.edges[0] = fleet.startEdge(0)
    await onEveryEdge()
    await eventuallyAnsweredBy('a')
  })

  it('is kept from being forgotten while a name points at it', async () => {
    const kept = await fleet.call('DELETE', '/v1/services/web')
    expect([kept.status, kept.body.code]).toEqual([409, 'SERVICE_IN_USE'])
    for (const hostname of NAMES) {
      const { id } = await fleet.domain(hostname)
      await fleet.call('PATCH', `/v1/domains/${id}`, { target: { type: 'none' } })
    }
    expect((await fleet.call('DELETE', '/v1/services/web')).status).toBe(204)
    for (const edge of fleet.edges) {
      await eventually('nothing is assigned', async () => {
        const visits = await Promise.all(NAMES.map((hostname) => fleet.visitHttps(edge, hostname)))
        return visits.every(({ status }) => status === 503)
      })
    }
  })
})
