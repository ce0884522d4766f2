import { mkdtemp, rm } from 'node:fs/promises'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Authority,
  type Clock,
  DAY,
  type Domain,
  type EngineDeps,
  type Hostname,
  type Registry,
  createKeyCustody,
  reachAnswer,
  registerDomain,
  requiredRecords,
} from '@mooring/core'
import {
  type Database,
  createCertificateStore,
  createClaims,
  createDomainStore,
  createEdgeStore,
} from '@mooring/postgres'
import { createHttpProbe, createResolver, createTlsProbe, csrMaker } from '@mooring/providers'
import { type Challtestsrv, startChalltestsrv } from '../services/challtestsrv.ts'
import { memoryAuthorityWatch } from './memory-authority-watch.ts'
import { memoryBudgets } from './memory-budgets.ts'
import { silentLog } from './silent-log.ts'

const EDGE = { hostname: 'edge.platform.example', addresses: ['127.0.0.1'] }

/** What stands around a domain while years pass: its DNS, and edges that answer a certificate authority's question. */
export interface CustomerWorld {
  dns: Challtestsrv
  /** For whatever has to be kept in files. */
  dir: string
  /** What the engine needs, on the test's database and clock. */
  engineDeps(database: Database, parts: { clock: Clock; authorities: readonly Authority[] }): EngineDeps
  /** Adds what the customer is asked for now, and nothing else. */
  addRecords(domain: Domain): Promise<void>
  stop(): Promise<void>
}

export async function startCustomerWorld(): Promise<CustomerWorld> {
  const dns = await startChalltestsrv()
  const dir = await mkdtemp(join(tmpdir(), 'mooring-world-'))
  const visitors = await startVisitors()
  const { port } = visitors.address() as AddressInfo
  return {
    dns: dns.address,
    dir,
    engineDeps: (database, { clock, authorities }) => ({
      clock,
      store: createDomainStore(database, { leaseMs: 60_000 }),
      certificates: createCertificateStore(database),
      edges: createEdgeStore(database),
      claims: createClaims(database),
      zones: { holding: async () => null },
      resolver: createResolver({ servers: [dns.address.dnsServer] }),
      probe: createHttpProbe({ allow: ['127.0.0.0/8'], httpPort: port }),
      // Speaks no TLS: an edge that cannot be looked at is no edge that serves something else.
      tlsProbe: createTlsProbe({ allow: ['127.0.0.0/8'], port }),
      authorities,
      // On the clock of the test: the tables are compared with the database's own.
      budgets: memoryBudgets(clock),
      watch: memoryAuthorityWatch(clock),
      csrMaker,
      custody: createKeyCustody('00'.repeat(32)),
      policy: {
        edge: EDGE,
        maxAttempts: 12,
        edgeRecheckMs: 10_000,
        graceMs: 7 * DAY,
        reverifyMs: DAY,
        missMs: DAY,
        rotationMs: 120 * DAY,
        rotationGraceMs: 30 * DAY,
        suspendedMs: 30 * DAY,
        settleMs: 60_000,
        danglingMs: 90 * DAY,
      },
      worker: 'worker-1',
      leaseMs: 60_000,
      log: silentLog,
      stopping: new AbortController().signal,
    }),
    async addRecords(domain) {
      const records = requiredRecords(domain, EDGE).filter(({ type }) => type === 'TXT')
      const [{ name } = { name: '' }] = records
      await dns.address.setTXT(
        name,
        records.map(({ value }) => value),
      )
      await dns.address.setA(domain.hostname, EDGE.addresses)
    },
    async stop() {
      visitors.close()
      await dns.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** What the edges do with a question of the certificate authority's: the control plane answers. */
async function startVisitors(): Promise<Server> {
  const visitors = createServer(({ url = '', headers }, response) => {
    const answer = reachAnswer(url.split('/').at(-1) ?? '', String(headers.host).split(':')[0] ?? '')
    response.writeHead(answer === null ? 404 : 200).end(answer ?? '')
  })
  await new Promise<void>((resolve) => visitors.listen(0, '127.0.0.1', resolve))
  return visitors
}

/** A claim by TXT, made at this moment. */
export async function registerByTxt(registry: Registry, hostname: Hostname, clock: Clock): Promise<Domain> {
  const registration = {
    hostname,
    tenant: 'acme',
    target: { type: 'none' as const },
    verification: { method: 'txt' as const, routing: true },
    tls: { mode: 'auto' as const },
    edge_pool: 'default',
    vhost: 'dedicated' as const,
    metadata: {},
    priority: 'normal' as const,
  }
  const created = await registry.create(registerDomain(registration, { clock, tokenLifetimeMs: 7 * DAY }))
  if (created.kind !== 'created') throw new Error(`not created: ${created.kind}`)
  return created.domain
}
