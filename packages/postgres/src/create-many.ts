import type { NewDomain, Registry } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { notifyDue } from './due.ts'
import type { Tables } from './tables.ts'

type Answers = Awaited<ReturnType<Registry['createMany']>>

/**
 * See `Registry.createMany`. The same statement as `create`, for all of them: names are locked in their order, so that two
 * imports of the same names wait for each other and do not lock each other out.
 */
export async function createMany(kysely: Kysely<Tables>, domains: readonly NewDomain[]): Promise<Answers> {
  const pools = await poolsAmong(kysely, domains)
  const possible = firstOfEach(domains.filter(({ edgePool }) => pools.has(edgePool)))
  const created = await insert(kysely, possible)
  const present = await claimsOf(
    kysely,
    domains.filter(({ id }) => !created.has(id)),
  )
  return domains.map((domain) => {
    if (created.has(domain.id)) return { kind: 'created' }
    if (!pools.has(domain.edgePool)) return { kind: 'unknown_pool' }
    // Let go in between, by somebody else: whoever imports may send it again.
    return { kind: 'exists', id: present.get(claimOf(domain)) ?? domain.id }
  })
}

const claimOf = ({ hostname, tenant }: Pick<NewDomain, 'hostname' | 'tenant'>): string => `${hostname} ${tenant}`

/** Of several in one import for the same tenant, the first counts. */
function firstOfEach(domains: readonly NewDomain[]): NewDomain[] {
  const seen = new Set<string>()
  return domains.filter((domain) => {
    const isFirst = !seen.has(claimOf(domain))
    seen.add(claimOf(domain))
    return isFirst
  })
}

async function poolsAmong(kysely: Kysely<Tables>, domains: readonly NewDomain[]): Promise<Set<string>> {
  const names = [...new Set(domains.map(({ edgePool }) => edgePool))]
  const { rows } = await sql<{ name: string }>`
    select name from edge_pools where name = any(${names})`.execute(kysely)
  return new Set(rows.map(({ name }) => name))
}

async function insert(kysely: Kysely<Tables>, domains: readonly NewDomain[]): Promise<Set<string>> {
  if (domains.length === 0) return new Set()
  const { rows } = await sql<{ id: string }>`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(domains)}::jsonb) as given (
        id text, hostname text, tenant text, target jsonb, verification jsonb, tls jsonb, "edgePool" text,
        metadata jsonb, lane text, "requestId" text
      )
      order by hostname, tenant
    ), named as materialized (
      select given.*, name.era from given cross join lateral lock_hostname(given.hostname) as name
    ), created as (
      insert into domains (
        id, hostname, claim_era, tenant, state, step, lane, next_run_at, target, verification, tls, edge_pool, metadata
      )
      select id, hostname, era, tenant, 'pending', 'accept', lane, now(), target, verification, tls, "edgePool", metadata
      from named
      on conflict (hostname, tenant) where state <> 'deprovisioned' do nothing
      returning id, hostname, tenant, target
    ), told as (
      insert into events (domain_id, type, actor, data)
      select created.id, 'domain.created', 'api',
        jsonb_build_object('hostname', created.hostname, 'tenant', created.tenant, 'target', created.target)
          || case when "requestId" is null then '{}' else jsonb_build_object('request_id', "requestId") end
      from created join given using (id)
    )
    select id, (select ${notifyDue}) from created`.execute(kysely)
  return new Set(rows.map(({ id }) => id))
}

async function claimsOf(kysely: Kysely<Tables>, domains: readonly NewDomain[]): Promise<Map<string, string>> {
  if (domains.length === 0) return new Map()
  const { rows } = await sql<{ id: string; hostname: NewDomain['hostname']; tenant: string }>`
    select d.id, d.hostname, d.tenant
    from unnest(${domains.map(({ hostname }) => hostname)}::text[], ${domains.map(({ tenant }) => tenant)}::text[])
      as asked (hostname, tenant)
    join domains d on d.hostname = asked.hostname and d.tenant = asked.tenant and d.state <> 'deprovisioned'`.execute(
    kysely,
  )
  return new Map(rows.map((row) => [claimOf(row), row.id]))
}
