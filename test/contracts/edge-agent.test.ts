import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type ApplyResult,
  type EdgeServer,
  type EdgeService,
  type ServedRoute,
  type ServedService,
} from '@mooring/core'
import { type Agent, type AgentOptions, startAgent } from '@mooring/edge-agent'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { anHttpRoute, anHttpsRoute, proxyTo, serviceOn } from '../builders/served-route.ts'
import { silentLog } from '../builders/silent-log.ts'
import { freePorts } from '../services/free-ports.ts'
import { eventually } from '../services/processes.ts'
import { a, answerTo, nameIn } from './scripted-dns.ts'
import { ScriptedControlPlane, desired, removed } from './scripted-control-plane.ts'

/** Takes what it is given and remembers it; an apply can be held, and one route refused. */
class RecordingServer implements EdgeServer {
  readonly version = 'recording/1'
  readonly traffic = null
  readonly applies: ServedRoute[][] = []
  services: ServedService[] = []
  refuse: string | null = null
  broken = false
  #hold: Promise<void> | null = null

  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#hold = promise
    return () => {
      this.#hold = null
      resolve()
    }
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  async isServing(): Promise<boolean> {
    return true
  }
  async apply(routes: ServedRoute[], _generation: number, services: ServedService[] = []): Promise<ApplyResult> {
    this.applies.push(routes)
    this.services = services
    await this.#hold
    if (this.broken) throw new Error('disk full')
    const rejected = routes.filter(({ hostname }) => hostname === this.refuse)
    return { rejected: rejected.map(({ domainId, generation }) => ({ domainId, generation, detail: 'refused' })) }
  }

  get servers(): string[] {
    return this.services.flatMap(({ servers }) => servers.map(({ address, port }) => `${address}:${port}`))
  }

  get served(): string[] {
    return (this.applies.at(-1) ?? []).map(({ hostname }) => hostname).sort()
  }
}

/** A server that answers its health path as told. */
async function startPatient() {
  const patient = { status: 200, port: 0, asked: {} as { url?: string; host?: string }, stop: async () => {} }
  const server = createServer(({ url = '', headers }, response) => {
    patient.asked = { url, host: headers.host ?? '' }
    response.writeHead(patient.status).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  patient.port = (server.address() as AddressInfo).port
  patient.stop = async () => {
    server.closeAllConnections()
    server.close()
  }
  return patient
}

describe('the edge agent', () => {
  let dir: string
  let api: ScriptedControlPlane
  let server: RecordingServer
  let agent: Agent | null

  const start = async (more: Partial<AgentOptions> = {}) => {
    agent = await startAgent({
      dir,
      apiUrl: api.url,
      token: api.token,
      name: 'edge-1',
      pool: 'default',
      upstreamAllow: ['127.0.0.0/8'],
      dnsServers: ['127.0.0.1:9'],
      server,
      heartbeatMs: 200,
      pullWaitSeconds: 5,
      log: silentLog,
      ...more,
    })
    return agent
  }
  const stop = async () => {
    await agent?.stop()
    agent = null
  }
  const reported = (generation: number) =>
    eventually(`generation ${generation} is reported`, () =>
      api.reports.find((report) => report.generation === generation),
    )

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mooring-agent-'))
    api = new ScriptedControlPlane()
    await api.start()
    server = new RecordingServer()
    agent = null
  })
  afterEach(async () => {
    await stop()
    await api.stop()
    await rm(dir, { recursive: true, force: true })
  })

  it('is ready once it serves everything there was, and reports it', async () => {
    const first = api.publish(desired(await anHttpsRoute('a.example.com', { action: proxyTo(80) })))
    const release = server.hold()
    const { isReady } = await start()
    await eventually('the route is being applied', () => server.served.includes('a.example.com'))
    expect(isReady()).toBe(false)
    release()
    expect(await reported(first)).toEqual({ generation: first, rejected: [], server: 'recording/1' })
    await eventually('it is ready', isReady)
  })

  it('applies what arrives during an apply together in the next one', async () => {
    const { isReady } = await start()
    await eventually('it is ready', isReady)
    const release = server.hold()
    api.publish(desired(await anHttpsRoute('first.example.com')))
    await eventually('the first is being applied', () => server.served.includes('first.example.com'))
    const before = server.applies.length
    for (let i = 0; i < 20; i += 1) api.publish(desired(await anHttpsRoute(`next-${i}.example.com`)))
    await eventually('all have been pulled', () => api.pulls.at(-1) === api.generation)
    release()
    await reported(api.generation)
    expect(server.applies.length - before).toBe(1)
    expect(server.served).toHaveLength(21)
  })

  it('goes on from where it stopped, and serves its state before the control plane is asked', async () => {
    api.publish(desired(await anHttpsRoute('kept.example.com')))
    await start()
    const last = await reported(api.generation)
    await stop()
    await api.stop()
    server = new RecordingServer()
    await start()
    await eventually('the kept state is applied', () => server.served.includes('kept.example.com'))
    await api.start()
    await eventually('it asks for what is newer', () => api.pulls.at(-1) === last.generation)
    expect((await stat(join(dir, 'state.json'))).mode & 0o777).toBe(0o600)
  })

  it('takes no name from a server whose state it lost before it knows all there is', async () => {
    await api.stop()
    await start({ recheckMs: 20 })
    await delay(200)
    expect(server.applies).toEqual([])

    for (const label of ['a', 'b', 'c']) api.publish(desired(await anHttpsRoute(`${label}.example.com`)))
    api.batch = 1
    await api.start()
    await reported(api.generation)
    expect(api.pulls.slice(0, 3)).toEqual([0, 1, 2])
    expect(server.applies.map((routes) => routes.length)).toEqual(server.applies.map(() => 3))
  })

  it('refuses a route that is older than the one it serves', async () => {
    const route = desired(await anHttpsRoute('a.example.com', { action: { type: 'none' } }))
    api.publish(route)
    const current = api.publish(route)
    await start()
    await reported(current)
    const older = {
      ...route,
      target: { type: 'redirect' as const, url: 'https://old.example.com/', status: 301 as const },
    }
    await reported(api.publishStale(older, current - 1))
    expect(server.applies.at(-1)).toMatchObject([{ hostname: 'a.example.com', action: { type: 'none' } }])
  })

  it('forgets a removed name', async () => {
    const [stays, goes] = [
      desired(await anHttpsRoute('stays.example.com')),
      desired(await anHttpsRoute('goes.example.com')),
    ]
    api.publish(stays, goes)
    await start()
    await reported(api.generation)
    await reported(api.publish(removed(goes)))
    expect(server.served).toEqual(['stays.example.com'])
    expect(await readFile(join(dir, 'state.json'), 'utf8')).not.toContain('goes.example.com')
  })

  it('serves a name that moved between domains from the new one, whichever part of the move comes first', async () => {
    for (const order of ['removal first', 'removal last']) {
      const old = desired(await anHttpsRoute('moves.example.com'))
      const taken = desired(await anHttpsRoute('moves.example.com', { action: proxyTo(80) }))
      api.publish(old)
      if (agent === null) await start()
      await reported(api.generation)
      const parts = order === 'removal first' ? [removed(old), taken] : [taken, removed(old)]
      expect((await reported(api.publish(...parts))).rejected, order).toEqual([])
      expect(server.applies.at(-1), order).toMatchObject([{ domainId: taken.domainId, action: { type: 'proxy' } }])
      await reported(api.publish(removed(taken)))
    }
  })

  it('gives a name that two domains have by mistake to the newer route alone, even where that cannot be served', async () => {
    const old = desired(await anHttpsRoute('twice.example.com'))
    const newer = desired(await anHttpsRoute('twice.example.com'))
    const first = api.publish(old)
    const both = api.publish(newer)
    await start()
    const twice = { domainId: old.domainId, generation: first, detail: expect.stringContaining('routed twice') }
    expect((await reported(both)).rejected).toEqual([twice])
    expect(server.applies.at(-1)).toMatchObject([{ domainId: newer.domainId }])

    const refused = { ...newer, target: { type: 'proxy' as const, url: 'http://169.254.169.254:80' } }
    const last = await reported(api.publish(refused))
    expect(last.rejected).toEqual([twice, expect.objectContaining({ domainId: newer.domainId })])
    expect(server.served).toEqual([])
  })

  it('holds a suspended name, and takes a wildcard', async () => {
    const held = { ...desired(await anHttpsRoute('held.example.com')), target: { type: 'holding' as const } }
    const last = api.publish(held, desired(await anHttpsRoute('*.shop.example.com')))
    await start()
    expect((await reported(last)).rejected).toEqual([])
    expect(server.applies.at(-1)).toMatchObject([
      { hostname: 'held.example.com', action: { type: 'holding' } },
      { hostname: '*.shop.example.com' },
    ])
  })

  it('keeps serving while the control plane is away, and catches up when it is back', async () => {
    api.publish(desired(await anHttpsRoute('a.example.com')))
    const { isReady } = await start()
    await eventually('it is ready', isReady)
    await api.stop()
    const next = api.publish(desired(await anHttpsRoute('b.example.com')))
    expect(isReady()).toBe(true)
    await api.start()
    await reported(next)
    expect(server.served).toEqual(['a.example.com', 'b.example.com'])
  })

  it('reports what the server rejects until a newer route is accepted', async () => {
    server.refuse = 'bad.example.com'
    const bad = desired(await anHttpsRoute('bad.example.com'))
    const first = api.publish(bad)
    await start()
    expect((await reported(first)).rejected).toEqual([{ domainId: bad.domainId, generation: first, detail: 'refused' }])
    server.refuse = null
    expect((await reported(api.publish(bad))).rejected).toEqual([])
  })

  it('rejects a route that is not well-formed, or may not be connected to, beside good ones', async () => {
    const good = desired(await anHttpsRoute('good.example.com'))
    const dangerous = desired(anHttpRoute('dangerous.example.com'))
    const linkLocal = desired(anHttpRoute('metadata.example.com', { action: proxyTo(80, '169.254.169.254') }))
    api.publishRaw({
      domain_id: dangerous.domainId,
      hostname: 'a.example.com; return 200',
      variant: 'http',
      target: { type: 'none' },
      certificate: null,
    })
    const last = api.publish(good, linkLocal)
    await start()
    const { rejected } = await reported(last)
    expect(rejected.map(({ domainId }) => domainId)).toEqual([dangerous.domainId, linkLocal.domainId])
    expect(rejected[1]?.detail).toContain('linkLocal')
    expect(server.served).toEqual(['good.example.com'])
  })

  it('serves a name whose target does not resolve without addresses, and its neighbours as ever', async () => {
    const dead = desired(await anHttpsRoute('dead.example.com', { action: proxyTo(80, 'nowhere.example.com') }))
    const last = api.publish(dead, desired(await anHttpsRoute('fine.example.com', { action: proxyTo(80) })))
    await start()
    expect((await reported(last)).rejected).toEqual([])
    expect(server.applies.at(-1)).toMatchObject([
      { action: { upstream: { host: 'nowhere.example.com', addresses: [] } } },
      { action: { upstream: { addresses: ['127.0.0.1'] } } },
    ])
  })

  const aService = (servers: EdgeService['servers'], health: EdgeService['health'] = null): EdgeService => ({
    name: 'shops',
    scheme: 'http',
    servers,
    tlsName: null,
    health,
  })
  const shop = async () => desired(await anHttpsRoute('shop.example.com', { action: serviceOn('shops').action }))
  const at = (port: number, host = '127.0.0.1') => ({ host, port })

  it('applies a change of services alone, private addresses and all, and goes on with it after a restart', async () => {
    api.publishServices(aService([at(80, '10.0.0.1')]), { ...aService([at(80)]), name: 'unused' })
    await start({ upstreamAllow: [] })
    await reported(api.publish(await shop()))
    expect(server.services).toMatchObject([{ name: 'shops', servers: [{ address: '10.0.0.1', port: 80 }] }])
    await reported(api.publishServices(aService([at(81)])))
    expect(server.servers).toEqual(['127.0.0.1:81'])
    await stop()
    await api.stop()
    server = new RecordingServer()
    await start()
    await eventually('the kept services are applied', () => server.servers[0] === '127.0.0.1:81')
  })

  it('rejects a route whose service it does not know by name, beside good ones', async () => {
    const route = await shop()
    const last = api.publish(route, desired(await anHttpsRoute('good.example.com')))
    await start()
    const { rejected } = await reported(last)
    expect(rejected).toMatchObject([{ domainId: route.domainId, detail: expect.stringContaining('no service shops') }])
    expect(server.served).toEqual(['good.example.com'])
    expect((await reported(api.publishServices(aService([at(80)])))).rejected).toEqual([])
  })

  it('never connects a service to where a cloud hands out credentials, by whatever name', async () => {
    const [port] = (await freePorts(1)) as [number]
    const dns = createSocket('udp4')
    dns.on('message', (query, from) => {
      const records = nameIn(query) === 'good.internal' ? [a('10.0.0.7')] : [a('169.254.169.254')]
      dns.send(answerTo(query, { records }), from.port, from.address)
    })
    dns.bind(port, '127.0.0.1')
    await once(dns, 'listening')
    try {
      api.publishServices(aService([at(80, 'bad.internal'), at(80, 'good.internal')]))
      await start({ dnsServers: [`127.0.0.1:${port}`] })
      expect((await reported(api.publish(await shop()))).rejected).toEqual([])
      expect(server.servers).toEqual(['10.0.0.7:80'])
    } finally {
      dns.close()
    }
  })

  it('sends nobody to a server that is not well until it is again, and to all where none is', async () => {
    const [first, second] = [await startPatient(), await startPatient()]
    try {
      const [one, two] = [`127.0.0.1:${first.port}`, `127.0.0.1:${second.port}`]
      const servers = [at(first.port), at(second.port)]
      api.publishServices(aService(servers, { path: '/up?x', intervalSeconds: 1 }))
      first.status = 503
      await start()
      await reported(api.publish(await shop()))
      expect(server.servers).toEqual([one, two])
      await eventually('the first gets no visitor', () => server.servers.join() === two)
      expect(first.asked).toMatchObject({ url: '/up?x', host: one })
      second.status = 404
      await eventually('both get visitors', () => server.servers.join() === `${one},${two}`)
      first.status = 302
      await eventually('only the first gets visitors', () => server.servers.join() === one)
    } finally {
      await Promise.all([first.stop(), second.stop()])
    }
  })

  it('pulls everything again where the release before left a state without services', async () => {
    await start()
    await reported(api.publish(desired(await anHttpsRoute('kept.example.com'))))
    await stop()
    const path = join(dir, 'state.json')
    const { services: _, ...before } = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, JSON.stringify(before))
    api.pulls.length = 0
    server = new RecordingServer()
    await start()
    await eventually('it has pulled', () => api.pulls.length > 1)
    expect(api.pulls[0]).toBe(0)
    expect(server.served).toEqual(['kept.example.com'])
  })

  it('tries again after an apply that failed as a whole, and reports only what is proved', async () => {
    server.broken = true
    const last = api.publish(desired(await anHttpsRoute('a.example.com')))
    const { isReady } = await start()
    await eventually('it has tried', () => server.applies.length > 0)
    expect([isReady(), api.reports.length]).toEqual([false, 0])
    server.broken = false
    await reported(last)
  })

  it('repeats its report as a heartbeat', async () => {
    await start()
    await eventually(
      'three reports of the same',
      () => api.reports.filter(({ generation }) => generation === 0).length >= 3,
    )
  })

  it('enrols itself with an admin key once, and keeps the token to itself', async () => {
    const options = { token: undefined, apiKey: api.adminKey, pool: 'berlin' }
    await start(options)
    await reported(0)
    await stop()
    await start(options)
    await eventually('it pulls again', () => api.pulls.length > 2)
    expect(api.enrolled).toEqual([{ name: 'edge-1', pool: 'berlin' }])
    expect((await stat(join(dir, 'token'))).mode & 0o777).toBe(0o600)
  })

  it('refuses plain HTTP to another machine, and to start without an identity', async () => {
    await expect(start({ apiUrl: new URL('http://192.0.2.1') })).rejects.toThrow('MOORING_API_INSECURE')
    await expect(start({ token: undefined })).rejects.toThrow('MOORING_EDGE_TOKEN')
  })
})
