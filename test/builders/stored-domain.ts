import type { Domain, Lease } from '@mooring/core'
import type { Database } from '@mooring/postgres'
import { aDomain } from './domain.ts'

/** A domain's row, with a lease of a minute for `worker-a` under token 1. */
export async function storeDomain(
  { kysely }: Database,
  overrides: Partial<Domain> = {},
): Promise<{ domain: Domain; lease: Lease }> {
  const id = overrides.id ?? aDomain().id
  const domain = aDomain({ hostname: `${id.slice(-12)}.example.com` as Domain['hostname'], ...overrides, id })
  await kysely
    .insertInto('domains')
    .values({
      id,
      hostname: domain.hostname,
      tenant: domain.tenant,
      state: domain.state,
      step: domain.step,
      reason: domain.reason && JSON.stringify(domain.reason),
      gen: domain.gen,
      lane: domain.lane,
      next_run_at: domain.nextRunAt,
      lease_token: 1,
      lease_until: new Date(Date.now() + 60_000),
      leased_by: 'worker-a',
      target: JSON.stringify(domain.target),
      verification: JSON.stringify(domain.verification),
      tls: JSON.stringify(domain.tls),
      edge_pool: domain.edgePool,
      certificate_id: domain.certificateId,
      route_generation: domain.routeGeneration,
    })
    .execute()
  return { domain, lease: { domainId: id, token: 1, gen: domain.gen, worker: 'worker-a' } }
}

/** Another worker has claimed since: the lease in hand is stale. */
export async function overtake({ kysely }: Database, lease: Lease): Promise<Lease> {
  const { lease_token: token } = await kysely
    .updateTable('domains')
    .set((row) => ({ lease_token: row('lease_token', '+', 1), leased_by: 'worker-b' }))
    .where('id', '=', lease.domainId)
    .returning('lease_token')
    .executeTakeFirstOrThrow()
  return { ...lease, token, worker: 'worker-b' }
}
