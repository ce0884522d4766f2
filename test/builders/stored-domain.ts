import type { Domain, Lease } from '@mooring/core'
import type { Database } from '@mooring/postgres'
import { sql } from 'kysely'
import { aDomain } from './domain.ts'

/** A domain's row and its hostname's, with a lease of a minute for `worker-a` under token 1. */
export async function storeDomain(
  { kysely }: Database,
  overrides: Partial<Domain> = {},
): Promise<{ domain: Domain; lease: Lease }> {
  const id = overrides.id ?? aDomain().id
  const domain = aDomain({ hostname: `${id.slice(-12)}.example.com` as Domain['hostname'], ...overrides, id })
  const { rows } = await sql<{ era: number }>`
    insert into hostnames (hostname) values (${domain.hostname})
    on conflict (hostname) do update set era = hostnames.era
    returning era`.execute(kysely)
  await kysely
    .insertInto('domains')
    .values({
      id,
      claim_era: Number(rows[0]?.era),
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
      holds: domain.holds,
      takes_over_from: domain.takesOverFrom,
      suspension: domain.suspension,
      ownership_missed_at: domain.ownershipMissedAt,
      route_generation: domain.routeGeneration,
      metadata: JSON.stringify(domain.metadata),
      immediate: domain.immediate,
      revoke: domain.revoke,
      delete_after: domain.deleteAfter,
      ownership_verified_at: domain.ownershipVerifiedAt,
    })
    .execute()
  if (domain.holds) await sql`update hostnames set holder = ${id} where hostname = ${domain.hostname}`.execute(kysely)
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
