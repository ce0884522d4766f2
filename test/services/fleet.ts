import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildIfStale } from '@mooring/dashboard'
import pg from 'pg'
import { startChalltestsrv } from './challtestsrv.ts'
import { freePorts } from './free-ports.ts'
import { stopNginx } from './nginx.ts'
import { startPebble } from './pebble.ts'
import { createEmptyDatabase, createTestDatabase, startPostgres } from './postgres.ts'
import { type Role, eventually, startRole } from './processes.ts'
import { startRabbitMQ } from './rabbitmq.ts'
import { type Visit, visit } from './visit.ts'

export interface FleetOptions {
  workers?: number
  edges?: number
  /** Settings laid over the fleet's own, for every role. */
  env?: Record<string, string>
  /** Postgres writes through to the disk, as in production; tests do without. */
  durable?: boolean
  /** `ip:port` of the server that Mooring and the CA ask in place of challtestsrv. */
  dnsServer?: string
  /** The folder of the release that the roles are of; the one under test by default. */
  release?: string
}

/** One edge: an agent's process and the nginx it drives, on a loopback address of its own. */
export interface Edge {
  name: string
  address: string
  dir: string
  agent: Role
}

/** The journey's world: every role a process of its own, every service the real one. */
export type Fleet = Awaited<ReturnType<typeof startFleet>>

export async function startFleet(options: FleetOptions = {}) {
  const { workers = 2, edges = 2, env = {}, durable = false } = options
  const dir = await mkdtemp(join(tmpdir(), 'mooring-fleet-'))
  // As on a real edge: the user of nginx's workers may pass through the folder.
  await chmod(dir, 0o711)
  const [apiPort, httpPort, httpsPort] = (await freePorts(3)) as [number, number, number]
  const addresses = Array.from({ length: edges }, (_, index) => `127.0.1.${index + 1}`)

  // The API hands out what was built last.
  if (options.release === undefined) await buildIfStale()
  const [postgres, rabbit, challtestsrv, site] = await Promise.all([
    startPostgres({ durable }),
    startRabbitMQ(),
    startChalltestsrv(),
    startSite('hello'),
  ])
  const sites = [site]
  // An old release begins with its own schema, as it did where it is upgraded.
  const database = await (options.release === undefined ? createTestDatabase : createEmptyDatabase)(postgres)
  const dnsServer = options.dnsServer ?? challtestsrv.address.dnsServer
  const pebble = await startPebble({ dnsServer, httpPort })

  const truth = new pg.Client({ connectionString: database.url })
  await truth.connect()

  const apiKey = randomBytes(24).toString('hex')
  const settings: Record<string, string> = {
    DATABASE_URL: database.url,
    AMQP_URL: rabbit.address.url,
    MOORING_API_KEY: apiKey,
    // A bench posts ten thousand at once, under one key.
    MOORING_API_REQUESTS_PER_MINUTE: '1000000',
    MOORING_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    MOORING_EDGE_HOSTNAME: 'edge.platform.example',
    MOORING_EDGE_ADDRESSES: addresses.join(','),
    MOORING_DNS_SERVERS: dnsServer,
    MOORING_ISSUER: 'acme',
    MOORING_ACME_DIRECTORY: pebble.address.directoryUrl,
    MOORING_ACME_CA_FILE: pebble.address.caFile,
    // Pebble 2.4.0 may wedge for good with eight orders in flight, counted over all workers, and surely does above.
    MOORING_ACME_CONCURRENCY: '2',
    MOORING_SLOTS: '4',
    MOORING_UPSTREAM_ALLOW: '127.0.0.0/8',
    // Where the edges answer, instead of port 80.
    MOORING_PROBE_HTTP_PORT: String(httpPort),
    MOORING_PROBE_HTTPS_PORT: String(httpsPort),
    ...env,
  }
  let release = options.release
  const start = (app: string, name: string, roleEnv: Record<string, string>) =>
    startRole(app, name, roleEnv, { logDir: dir, root: release })
  const startApi = () => start('api', 'api', { ...settings, HOST: '127.0.0.1', PORT: String(apiPort) })
  const api = startApi()
  const apiUrl = `http://127.0.0.1:${apiPort}`
  await eventually('the API is ready', async () => (await fetch(`${apiUrl}/readyz`)).ok)

  let workersStarted = 0
  const startWorker = (more: Record<string, string> = {}) => {
    const name = `worker-${++workersStarted}`
    return start('worker', name, { ...settings, MOORING_WORKER_NAME: name, ...more })
  }
  const startScheduler = () => start('scheduler', 'scheduler', settings)
  const startEdge = (index: number): Edge => {
    const name = `edge-${index + 1}`
    const edgeDir = join(dir, name)
    const address = addresses[index] as string
    const agentEnv = {
      MOORING_API_URL: apiUrl,
      MOORING_API_KEY: apiKey,
      MOORING_EDGE_NAME: name,
      MOORING_EDGE_DIR: edgeDir,
      MOORING_EDGE_LISTEN: address,
      MOORING_HTTP_PORT: String(httpPort),
      MOORING_HTTPS_PORT: String(httpsPort),
      MOORING_PUBLIC_HTTPS_PORT: String(httpsPort),
      MOORING_UPSTREAM_ALLOW: '127.0.0.0/8',
      ...env,
    }
    return { name, address, dir: edgeDir, agent: start('edge-agent', name, agentEnv) }
  }

  const fleet = {
    dir,
    apiUrl,
    apiKey,
    settings,
    database,
    postgresPid: postgres.address.pid,
    rabbit: rabbit.address,
    pebble: pebble.address,
    dns: challtestsrv.address,
    site,
    httpPort,
    httpsPort,
    api,
    scheduler: startScheduler(),
    workers: Array.from({ length: workers }, () => startWorker()),
    edges: addresses.map((_, index) => startEdge(index)),
    startApi,
    startWorker,
    startScheduler,
    startEdge,

    /** Whatever starts from now on is of the release under test. */
    upgrade() {
      release = undefined
    },

    /** Another site, to tell whose is shown: it answers with its name. */
    async startSite(name: string): Promise<{ url: string }> {
      const another = await startSite(name)
      sites.push(another)
      return another
    },

    /** Calls the API with the admin key; the body is parsed JSON. */
    async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
      const response = await fetch(`${apiUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
    },

    /** Registers a hostname with a proxy target at the fleet's own site and returns the domain. */
    async post(hostname: string, more: Record<string, unknown> = {}) {
      const answer = await fleet.call('POST', '/v1/domains', {
        hostname,
        target: { type: 'proxy', url: site.url },
        ...more,
      })
      if (answer.status !== 202) throw new Error(`POST ${hostname}: ${answer.status} ${JSON.stringify(answer.body)}`)
      return answer.body
    },

    /** Does as the customer would: puts every record the domain asks for into DNS. */
    async addRecords(domain: { hostname: string; dns: { records: { type: string; name: string; value: string }[] } }) {
      for (const record of domain.dns.records) {
        if (record.type === 'TXT') await challtestsrv.address.setTXT(record.name, [record.value])
      }
      // The test CA asks challtestsrv for addresses, which does not chase a CNAME to a name it does not hold.
      await challtestsrv.address.setA(domain.hostname, addresses)
    },

    /** The first column of the first row, as a number: for counting what the API has no count of. */
    async count(sql: string): Promise<number> {
      const { rows } = await truth.query<{ count: string }>(sql)
      return Number(rows[0]?.count)
    },

    async domain(idOrHostname: string) {
      return (await fleet.call('GET', `/v1/domains/${idOrHostname}`)).body
    },

    /** What happened to the domain, oldest first. */
    async events(id: string): Promise<{ type: string; data: Record<string, unknown> }[]> {
      return (await fleet.call('GET', `/v1/domains/${id}/events?limit=100`)).body.data.toReversed()
    },

    /** Waits for a state; a domain that fails on the way ends the wait with its reason. */
    async reaches(hostname: string, state: string, timeoutMs = 60_000) {
      return eventually(
        `${hostname} is ${state}`,
        async () => {
          const domain = await fleet.domain(hostname)
          if (domain.state !== state)
            throw new Error(`${domain.state} at ${domain.step}: ${JSON.stringify(domain.reason)}`)
          return domain
        },
        timeoutMs,
      )
    },

    /** Waits until the domain says this of itself; a look at DNS is asked for first. */
    async saysOnCheck(id: string, code: string, timeoutMs = 30_000) {
      await fleet.call('POST', `/v1/domains/${id}/check`)
      return eventually(
        `${code} is told`,
        async () => {
          const domain = await fleet.domain(id)
          if (domain.reason?.code === code) return domain
          throw new Error(`${domain.state} at ${domain.step}: ${JSON.stringify(domain.reason)}`)
        },
        timeoutMs,
      )
    },

    /** post → records → check → active. */
    async launch(hostname: string, more: Record<string, unknown> = {}) {
      const domain = await fleet.post(hostname, more)
      await fleet.addRecords(domain)
      await fleet.call('POST', `/v1/domains/${domain.id}/check`)
      return fleet.reaches(domain.id, 'active')
    },

    async visitHttps(edge: Edge, hostname: string, path = '/'): Promise<Visit> {
      const rootPem = await pebble.address.rootPem()
      return visit({ address: edge.address, port: httpsPort, hostname, path, rootPem })
    },

    visitHttp(edge: Edge, hostname: string, path = '/'): Promise<Visit> {
      return visit({ address: edge.address, port: httpPort, hostname, path })
    },

    async stop() {
      const roles = [fleet.scheduler, ...fleet.workers, ...fleet.edges.map(({ agent }) => agent), fleet.api]
      await Promise.all(roles.map((role) => role.stop()))
      await Promise.all(fleet.edges.map((edge) => stopNginx(edge.dir)))
      await truth.end()
      for (const { server } of sites) {
        server.closeAllConnections()
        server.close()
      }
      await pebble.stop()
      await Promise.all([challtestsrv.stop(), rabbit.stop(), database.drop().then(() => postgres.stop())])
      if (process.env['MOORING_KEEP_LOGS'] === undefined) await rm(dir, { recursive: true, force: true })
    },
  }

  await eventually('every edge is live', async () => {
    const { body } = await fleet.call('GET', '/v1/edges')
    return body.data.filter((edge: { live: boolean }) => edge.live).length === edges
  })
  return fleet
}

/** What customers' names are proxied to: answers with its name and the headers it saw, so that a test can judge them. */
async function startSite(name: string): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ site: name, url: request.url, headers: request.headers }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}
