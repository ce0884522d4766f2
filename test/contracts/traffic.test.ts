import { chmod, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises'
import { Agent as HttpAgent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningApi, startApi } from '@mooring/api'
import { DAY, type EdgeServer, type TrafficPiece, encodeTraffic, noTraffic } from '@mooring/core'
import { chooseServer, startAgent } from '@mooring/edge-agent'
import { createNginxServer } from '@mooring/nginx'
import { createHousekeeping } from '@mooring/postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ADMIN_KEY, apiDependencies, apiUnderTest } from '../builders/api-under-test.ts'
import { publishHttpRoute } from '../builders/published-route.ts'
import { anHttpRoute } from '../builders/served-route.ts'
import { silentLog } from '../builders/silent-log.ts'
import { freePorts } from '../services/free-ports.ts'
import { findNginx, stopNginx } from '../services/nginx.ts'
import { type Role, eventually, startRole } from '../services/processes.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()

/** Requests of as many names as there are, `times` each, a few at once. */
async function visit(port: number, hostnames: string[], times: number): Promise<(number | undefined)[]> {
  // A reload closes connections that are kept.
  const agent = new HttpAgent({ keepAlive: false, maxSockets: 8 })
  const one = (hostname: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ agent, host: '127.0.0.1', port, headers: { host: hostname } }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode))
      })
        .once('error', reject)
        .end()
    })
  const statuses = []
  for (let round = 0; round < times; round += 1) statuses.push(...(await Promise.all(hostnames.map(one))))
  agent.destroy()
  return statuses
}

const requestsIn = (rows: { requests: number }[]) => rows.reduce((sum, { requests }) => sum + requests, 0)

describe('what edges report', () => {
  const row = (hostname: string, minute: Date, requests = 1) => ({ hostname, minute, ...noTraffic(), requests })

  async function anEdge(name = 'edge-1', pool = 'default') {
    const { call } = apiUnderTest(database())
    const { token } = (await call('POST', '/v1/edges', { body: { name, pool } })).json
    const report = (batch: string, rows: TrafficPiece['rows']) =>
      call('POST', '/v1/edges/self/traffic', { key: token, body: encodeTraffic({ batch, rows }) })
    return { call, report }
  }
  const thisMinute = () => new Date(Math.floor(Date.now() / 60_000) * 60_000)

  it('is added up over edges, and taken in once however often it is sent', async () => {
    const domain = await publishHttpRoute(database())
    const [first, second] = [await anEdge('edge-1'), await anEdge('edge-2')]
    const count = { ...row(domain.hostname, thisMinute(), 10), bytes: 1_000, status: [0, 8, 0, 1, 1] }
    count.latency[2] = 9
    count.latency[7] = 1
    for (const batch of ['a', 'a', 'b']) expect((await first.report(batch, [count])).status).toBe(204)
    await second.report('a', [count])

    const { status, json } = await first.call('GET', `/v1/domains/${domain.id}/traffic`)
    expect(status).toBe(200)
    expect(json.data).toEqual([
      {
        minute: thisMinute().toISOString(),
        requests: 30,
        bytes: 3_000,
        status: { '1xx': 0, '2xx': 24, '3xx': 0, '4xx': 3, '5xx': 3 },
        p95_ms: expect.any(Number),
      },
    ])
    expect(json.data[0].p95_ms).toBeGreaterThan(500)
  })

  it('is one sum although two edges report the same names at once', async () => {
    const domains = await Promise.all(Array.from({ length: 20 }, () => publishHttpRoute(database())))
    const edges = await Promise.all(['edge-1', 'edge-2', 'edge-3'].map((name) => anEdge(name)))
    const rows = domains.map(({ hostname }) => row(hostname, thisMinute()))
    const reports = edges.flatMap(({ report }, at) =>
      Array.from({ length: 10 }, (_, batch) => report(`b-${batch}`, (at + batch) % 2 === 0 ? rows : rows.toReversed())),
    )
    expect(new Set((await Promise.all(reports)).map(({ status }) => status))).toEqual(new Set([204]))
    const { rows: sums } = await database().pool.query('select requests from domain_traffic')
    expect(sums).toEqual(domains.map(() => ({ requests: 30 })))
  })

  it('of other pools, of names that nobody holds, and of times that cannot be is not counted', async () => {
    await database().pool.query("insert into edge_pools (name) values ('asia')")
    const own = await publishHttpRoute(database())
    const foreign = await publishHttpRoute(database(), { edgePool: 'asia' })
    const { call, report } = await anEdge()
    const ahead = new Date(Date.now() + DAY)
    const answer = await report('a', [
      row(foreign.hostname, thisMinute()),
      row('nobody.example.com', thisMinute()),
      row(own.hostname, ahead),
      row(own.hostname, thisMinute()),
    ])
    expect(answer.status).toBe(204)
    const all = await database().pool.query('select domain_id, requests from domain_traffic')
    expect(all.rows).toEqual([{ domain_id: own.id, requests: 1 }])
    expect((await call('GET', `/v1/domains/${foreign.id}/traffic`)).json).toEqual({ data: [] })
  })

  it.each([
    ['a batch without a name', { batch: '', rows: [] }],
    ['a negative count', { batch: 'a', rows: [{ ...row('a.example.com', new Date()), requests: -1 }] }],
    ['another number of classes', { batch: 'a', rows: [{ ...row('a.example.com', new Date()), status: [1] }] }],
  ])('is refused when it has %s', async (_what, body) => {
    const { call } = apiUnderTest(database())
    const { token } = (await call('POST', '/v1/edges', { body: { name: 'edge-1' } })).json
    expect((await call('POST', '/v1/edges/self/traffic', { key: token, body })).status).toBe(422)
  })

  it('is asked for two days at most, in the right order, and of a domain that is there', async () => {
    const domain = await publishHttpRoute(database())
    const { call } = apiUnderTest(database())
    const ask = (query: string, id: string = domain.id) => call('GET', `/v1/domains/${id}/traffic?${query}`)
    expect((await ask('from=2026-01-01T00:00:00Z&to=2026-01-04T00:00:00Z')).json.errors).toMatchObject([{ path: 'to' }])
    expect((await ask('from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).status).toBe(422)
    expect((await ask('from=yesterday')).status).toBe(422)
    expect((await ask('', 'dom_00000000-0000-7000-8000-000000000000')).status).toBe(404)
  })

  it('is forgotten after a month', async () => {
    const domain = await publishHttpRoute(database())
    const old = (days: number) => new Date(Date.now() - days * DAY)
    for (const minute of [old(31), old(29)]) {
      await database().pool.query(
        "insert into domain_traffic values ($1, $2, 1, 1, '{0,1,0,0,0}', '{1,0,0,0,0,0,0,0,0,0,0,0}')",
        [domain.id, minute],
      )
    }
    expect(await createHousekeeping(database()).sweep()).toMatchObject({ oldTraffic: 1 })
    expect((await database().pool.query('select from domain_traffic')).rowCount).toBe(1)
  })
})

describe('an edge with nginx', () => {
  let dir: string
  let httpPort: number
  let httpsPort: number
  let server: EdgeServer
  let api: RunningApi | null
  const roles: Role[] = []

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mooring-traffic-'))
    // As on a real edge: the user of nginx's workers may pass through the folder.
    await chmod(dir, 0o711)
    ;[httpPort, httpsPort] = (await freePorts(2)) as [number, number]
    api = null
    server = await makeServer()
  })
  afterEach(async () => {
    await Promise.all(roles.splice(0).map((role) => role.stop()))
    await server.stop()
    // The agents that were killed left theirs.
    await stopNginx(dir)
    await api?.stop()
    await rm(dir, { recursive: true, force: true })
  })

  const makeServer = async () =>
    createNginxServer({
      dir,
      binary: await findNginx(),
      httpPort,
      httpsPort,
      listenAddress: '127.0.0.1',
      publicHttpsPort: httpsPort,
      controlPlaneUrl: new URL('http://127.0.0.1:9'),
      log: silentLog,
    })
  const traffic = () => {
    if (server.traffic === null) throw new Error('nginx counts its traffic')
    return server.traffic
  }
  const opened = () =>
    eventually('nginx opened the new log', () => readFile(join(dir, 'logs', 'traffic.log')).then(() => true))

  async function allPieces(): Promise<TrafficPiece[]> {
    const pieces: TrafficPiece[] = []
    for (let piece = await traffic().next(); piece !== null; piece = await traffic().next()) {
      pieces.push(piece)
      await piece.settle()
    }
    return pieces
  }

  it('has every request in one piece of its log and none in two, while visitors come and pieces are cut', async () => {
    await server.start()
    const names = ['a.example.com', 'b.example.com']
    await server.apply(
      names.map((name) => anHttpRoute(name)),
      1,
    )
    const over = new AbortController()
    const visiting = visit(httpPort, names, 1_000).finally(() => over.abort())
    let cuts = 0
    while (!over.signal.aborted) {
      await traffic().cut()
      await opened()
      cuts += 1
    }
    await visiting
    await traffic().cut()
    await opened()
    const rows = (await allPieces()).flatMap((piece) => piece.rows)
    expect(cuts).toBeGreaterThan(3)
    for (const name of names) expect(requestsIn(rows.filter(({ hostname }) => hostname === name))).toBe(1_000)
    // Nothing has been assigned to the names: nginx answers 503 for them.
    expect(rows.every(({ status, requests }) => status[4] === requests)).toBe(true)
    expect(await readdir(join(dir, 'traffic'))).toEqual([])
  })

  it('counts names that are not served as one number, and its own proofs not at all', async () => {
    await server.start()
    await server.apply([anHttpRoute('known.example.com')], 1)
    const flood = Array.from({ length: 500 }, (_, at) => `unknown-${at}.example.net`)
    await visit(httpPort, [...flood, 'known.example.com'], 1)
    await traffic().cut()
    await opened()
    const [piece] = await allPieces()
    expect(piece?.unrouted).toBe(500)
    expect(piece?.rows.map(({ hostname, requests }) => [hostname, requests])).toEqual([['known.example.com', 1]])
  })

  it('counts nothing in a folder that nginx’s workers may not enter, and serves as ever', async () => {
    await chmod(dir, 0o700)
    await server.start()
    await server.apply([anHttpRoute('a.example.com')], 1)
    expect(await visit(httpPort, ['a.example.com'], 1)).toEqual([503])
    const isRoot = process.getuid?.() === 0
    expect([server.traffic === null, (await readdir(join(dir, 'logs'))).includes('traffic.log')]).toEqual([
      isRoot,
      !isRoot,
    ])
  })

  it('counts a wildcard’s visitors under the wildcard', async () => {
    await server.start()
    await server.apply([anHttpRoute('*.shop.example.com')], 1)
    await visit(httpPort, ['one.shop.example.com', 'two.shop.example.com'], 1)
    await traffic().cut()
    await opened()
    const [piece] = await allPieces()
    expect(piece?.rows).toMatchObject([{ hostname: '*.shop.example.com', requests: 2 }])
  })

  it('gives a piece the same name and rows again when the agent died before it was settled', async () => {
    await server.start()
    await server.apply([anHttpRoute('a.example.com')], 1)
    await visit(httpPort, ['a.example.com'], 20)
    await traffic().cut()
    await opened()
    const before = await traffic().next()
    server = await makeServer()
    await server.start()
    const after = await traffic().next()
    expect({ name: after?.name, rows: after?.rows }).toEqual({ name: before?.name, rows: before?.rows })
    expect(requestsIn(after?.rows ?? [])).toBe(20)
  })

  it('waits with a piece that nginx still writes to, because the agent died before it told nginx', async () => {
    await server.start()
    await server.apply([anHttpRoute('a.example.com')], 1)
    await visit(httpPort, ['a.example.com'], 5)
    await traffic().cut()
    await opened()
    await visit(httpPort, ['a.example.com'], 7)
    const [cut] = await readdir(join(dir, 'traffic'))
    const next = String(cut).replace(/^\d+/, (at) => String(Number(at) + 1).padStart(14, '0'))
    await rename(join(dir, 'logs', 'traffic.log'), join(dir, 'traffic', next))
    await visit(httpPort, ['a.example.com'], 3)
    expect(await traffic().next()).toBeNull()
    await traffic().cut()
    await opened()
    expect(requestsIn((await allPieces()).flatMap(({ rows }) => rows))).toBe(15)
  })

  it('loses nothing and counts nothing twice when its agent is killed again and again', {
    timeout: 120_000,
  }, async () => {
    const parts = apiDependencies(database(), {})
    api = await startApi({ ...parts.dependencies, host: '127.0.0.1', port: 0 })
    const domain = await publishHttpRoute(database())
    const start = () => {
      const role = startRole(
        'edge-agent',
        'edge-agent',
        {
          MOORING_API_URL: api?.url ?? '',
          MOORING_API_KEY: ADMIN_KEY,
          MOORING_EDGE_NAME: 'edge-1',
          MOORING_EDGE_DIR: dir,
          MOORING_EDGE_LISTEN: '127.0.0.1',
          MOORING_HTTP_PORT: String(httpPort),
          MOORING_HTTPS_PORT: String(httpsPort),
          MOORING_TRAFFIC_SECONDS: '0.1',
        },
        { logDir: dir },
      )
      roles.push(role)
      return role
    }
    const counted = async () =>
      Number((await database().pool.query('select coalesce(sum(requests), 0) as all from domain_traffic')).rows[0].all)

    let role = start()
    // 421 is for names that are not served, and is counted for none.
    await eventually('the name is served', async () => (await visit(httpPort, [domain.hostname], 1))[0] !== 421)
    let made = 1
    for (let kills = 0; kills < 3; kills += 1) {
      await visit(httpPort, [domain.hostname], 200)
      made += 200
      await eventually('some of it is reported', async () => (await counted()) > made - 200)
      role.signal('SIGKILL')
      await role.exited
      // Visitors come while nobody watches.
      await visit(httpPort, [domain.hostname], 50)
      made += 50
      role = start()
    }
    const settled = await eventually('nothing is left to report', async () => {
      const left = await readdir(join(dir, 'traffic')).catch(() => ['?'])
      const size = (await readFile(join(dir, 'logs', 'traffic.log'))).length
      return left.length === 0 && size === 0 ? counted() : null
    })
    expect(settled).toBe(made)
  })
})

describe('the built-in server', () => {
  it('reports what it served, too', async () => {
    const parts = apiDependencies(database(), {})
    const api = await startApi({ ...parts.dependencies, host: '127.0.0.1', port: 0 })
    const domain = await publishHttpRoute(database())
    const dir = await mkdtemp(join(tmpdir(), 'mooring-traffic-'))
    const [httpPort, httpsPort] = (await freePorts(2)) as [number, number]
    const common = { dir, apiUrl: new URL(api.url), log: silentLog }
    const ports = { httpPort, httpsPort, publicHttpsPort: httpsPort, listenAddress: '127.0.0.1' }
    const server = await chooseServer({ ...common, ...ports, nginx: '/nowhere/nginx' })
    const identity = { apiKey: ADMIN_KEY, name: 'edge-1', pool: 'default' }
    const agent = await startAgent({ ...common, ...identity, server, upstreamAllow: [], dnsServers: [], trafficMs: 50 })
    try {
      await eventually('the name is served', agent.isReady)
      await visit(httpPort, [domain.hostname, 'unknown.example.net'], 4)
      const minutes = await eventually('it is reported', async () => {
        const { rows } = await database().pool.query('select * from domain_traffic')
        return requestsIn(rows) === 4 ? rows : null
      })
      expect(Number(minutes[0].bytes)).toBeGreaterThan(400)
    } finally {
      await agent.stop()
      await server.stop()
      await api.stop()
      await rm(dir, { recursive: true, force: true })
    }
  })
})
