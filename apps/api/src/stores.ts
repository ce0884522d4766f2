import {
  createAuditLog,
  createAuditReader,
  createBudgets,
  createContactBook,
  createDnsZoneStore,
  createEdgeRegistry,
  createEventStream,
  createFleetFacts,
  createNoticeDesk,
  createOperations,
  createRegistry,
  createServiceStore,
  createTrafficStore,
  createWebhookStore,
  type Database,
} from '@mooring/postgres'
import type { ApiDependencies } from './dependencies.ts'

type Stores = Pick<
  ApiDependencies,
  | 'registry'
  | 'registryFor'
  | 'edges'
  | 'operations'
  | 'budgets'
  | 'zoneStore'
  | 'services'
  | 'notices'
  | 'contacts'
  | 'events'
  | 'webhooks'
  | 'webhooksFor'
  | 'audit'
  | 'auditFor'
  | 'traffic'
  | 'readFleet'
  | 'ping'
>

/** What the API keeps in the database and reads from it, whoever starts it; `times` are of ownership tokens. */
export function storesOf(database: Database, times: { tokenLifetimeMs: number; rotationGraceMs: number }): Stores {
  return {
    registry: createRegistry(database, times),
    registryFor: (tenant) => createRegistry(database.asTenant(tenant), times),
    edges: createEdgeRegistry(database),
    operations: createOperations(database, times),
    budgets: createBudgets(database),
    zoneStore: createDnsZoneStore(database),
    services: createServiceStore(database),
    notices: createNoticeDesk(database),
    contacts: createContactBook(database),
    events: createEventStream(database),
    webhooks: createWebhookStore(database),
    webhooksFor: (tenant) => createWebhookStore(database.asTenant(tenant)),
    audit: createAuditLog(database),
    auditFor: (tenant) => createAuditReader(tenant === null ? database : database.asTenant(tenant)),
    traffic: createTrafficStore(database),
    readFleet: createFleetFacts(database),
    ping: async () => {
      await database.pool.query('select 1')
    },
  }
}
