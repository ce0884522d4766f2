import { systemClock, SECOND } from '@mooring/core'
import {
  createAuthorityWatch,
  createBudgets,
  createCertificateStore,
  createClaims,
  createDomainStore,
  createEdgeStore,
  createWorkers,
  WORKER_HEARTBEAT_MS,
} from '@mooring/postgres'
import { csrMaker, type LocalCa } from '@mooring/providers'
import { edgeIdentityOf } from '@mooring/runtime'
import { measureAuthorities, measureStore, openAuthorities, policyOf, startWorker } from '@mooring/worker'
import type { RoleContext } from './role-context.ts'

const LEASE_MS = 60 * SECOND
const DRAIN_MS = 8 * SECOND

export async function startWorkerRole(context: RoleContext, ca: LocalCa): Promise<void> {
  const { config, folder, database, queue, tracing, custody, resolver, probe, tlsProbe, zones, stack, log } = context
  const { authorities, close } = await openAuthorities(config, {
    openLocalCa: async () => ca,
    dataDir: folder,
    concurrency: config.MOORING_ACME_CONCURRENCY,
    custody,
    database,
    tracer: tracing.isOn ? tracing.tracer : undefined,
    log,
  })
  stack.defer(close)
  const worker = await startWorker({
    queue,
    engine: {
      store: measureStore(createDomainStore(database, { leaseMs: LEASE_MS }), context.meter),
      certificates: createCertificateStore(database),
      edges: createEdgeStore(database),
      claims: createClaims(database),
      resolver,
      probe,
      tlsProbe,
      zones,
      authorities: measureAuthorities(authorities, context.meter),
      budgets: createBudgets(database),
      watch: createAuthorityWatch(database),
      csrMaker,
      custody,
      clock: systemClock,
      leaseMs: LEASE_MS,
      policy: policyOf(config, edgeIdentityOf(config)),
      tracer: tracing.tracer,
    },
    roster: createWorkers(database),
    name: 'standalone',
    slots: config.MOORING_SLOTS,
    heartbeatMs: WORKER_HEARTBEAT_MS,
    log: log.child({ role: 'worker' }),
  })
  stack.defer(() => worker.stop({ drainMs: DRAIN_MS }))
}
