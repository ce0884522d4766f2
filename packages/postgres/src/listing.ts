import {
  type Attempt,
  type Certificate,
  DOMAIN_ID,
  type DnsProviderName,
  type DomainEvent,
  type DomainFilter,
  type DomainView,
  type Page,
  type Paged,
} from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { decodeCursor, pageOf } from './cursor.ts'
import { zoneHolding } from './dns-zones.ts'
import { type DomainRow, toDomain } from './domain-row.ts'
import { type Scope, searchDomains } from './domain-search.ts'
import { routeProgressOfEach } from './route-progress.ts'
import type { Tables } from './tables.ts'

/** See `Registry.find`. */
export async function findDomain(kysely: Kysely<Tables>, idOrHostname: string): Promise<DomainView | null> {
  const isIt = DOMAIN_ID.test(idOrHostname) ? sql`domains.id = ${idOrHostname}` : sql`hostname = ${idOrHostname}`
  const rows = await select(
    kysely,
    sql`
      where ${isIt}
      order by domains.holds desc, state = 'deprovisioned', domains.created_at desc, domains.id desc
      limit 1`,
  )
  const [view] = await toViews(kysely, rows)
  return view ?? null
}

/** See `Registry.list`: which ones first, then each as it is shown. One that goes in between is left out. */
export async function listDomains(
  kysely: Kysely<Tables>,
  filter: DomainFilter,
  page: Page & Scope,
): Promise<Paged<DomainView>> {
  const { data: ids, nextCursor } = await searchDomains(kysely, filter, page)
  const views = new Map((await viewDomains(kysely, ids)).map((view) => [view.domain.id, view]))
  return { data: ids.flatMap((id) => views.get(id) ?? []), nextCursor }
}

/** Each domain as it is shown, in no order; those that are gone are left out. */
export async function viewDomains(kysely: Kysely<Tables>, ids: readonly string[]): Promise<DomainView[]> {
  return ids.length === 0 ? [] : toViews(kysely, await select(kysely, sql`where domains.id = any(${ids})`))
}

interface ViewRow extends DomainRow {
  consents: string[]
  provider: DnsProviderName | null
  certificate: ShownCertificate | null
}

/** As `jsonb_build_object` gives it: times are text. */
interface ShownCertificate {
  id: string
  issuer: string
  status: Certificate['status']
  chain_pem: string | null
  serial: string
  not_before: string
  not_after: string
  renew_at: string
}

/** Each domain with the certificate it uses, or else the one being obtained, whom it lets in, and its managed zone. */
async function select(kysely: Kysely<Tables>, rest: RawBuilder<unknown>): Promise<ViewRow[]> {
  const { rows } = await sql<ViewRow>`
    select domains.*, shown.certificate,
      array(select consents.tenant from consents where domain_id = domains.id order by 1) as consents,
      case when domains.verification ->> 'method' = 'managed' then (
        select z.account ->> 'provider' from dns_zones z where z.id = ${zoneHolding(sql`domains`)}
      ) end as provider
    from domains
    left join lateral (
      select jsonb_build_object('id', id, 'issuer', issuer, 'status', status, 'chain_pem', chain_pem, 'serial', serial,
                                'not_before', not_before, 'not_after', not_after, 'renew_at', renew_at) as certificate
      from certificates
      where certificates.domain_id = domains.id and (id = domains.certificate_id or status = 'ordering')
      order by id = domains.certificate_id desc nulls last
      limit 1
    ) as shown on true
    ${rest}
  `.execute(kysely)
  return rows
}

async function toViews(kysely: Kysely<Tables>, rows: ViewRow[]): Promise<DomainView[]> {
  const domains = rows.map(toDomain)
  const routes = await routeProgressOfEach(kysely, domains)
  return domains.map((domain, i) => ({
    domain,
    consents: rows[i]?.consents ?? [],
    provider: rows[i]?.provider ?? null,
    certificate: toCertificate(rows[i]?.certificate ?? null),
    route: routes.get(domain.id) ?? null,
  }))
}

function toCertificate(row: ShownCertificate | null): DomainView['certificate'] {
  if (row === null) return null
  const { id, issuer, status, chain_pem: chainPem, serial } = row
  if (chainPem === null) return { id, issuer, status, issued: null }
  const notBefore = new Date(row.not_before)
  const notAfter = new Date(row.not_after)
  return { id, issuer, status, issued: { chainPem, serial, notBefore, notAfter, renewAt: new Date(row.renew_at) } }
}

/** See `Registry.events`. Newest first. */
export async function listEvents(
  kysely: Kysely<Tables>,
  domainId: string,
  { limit, cursor }: Page,
): Promise<Paged<DomainEvent>> {
  const rows = await kysely
    .selectFrom('events')
    .select(['id', 'at', 'type', 'actor', 'data'])
    .where('domain_id', '=', domainId)
    .where('id', '<', beforeIn(cursor))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, { item: (row) => row, place: (row) => [row.id] })
}

/** See `Registry.attempts`. Newest first. */
export async function listAttempts(
  kysely: Kysely<Tables>,
  domainId: string,
  { limit, cursor }: Page,
): Promise<Paged<Attempt>> {
  const rows = await kysely
    .selectFrom('attempts')
    .select([
      'id',
      'step',
      'worker',
      'started_at as startedAt',
      'finished_at as finishedAt',
      'outcome',
      'code',
      'detail',
      'trace_id as traceId',
    ])
    .where('domain_id', '=', domainId)
    .where('id', '<', beforeIn(cursor))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, { item: (row) => row, place: (row) => [row.id] })
}

const beforeIn = (cursor: string | null): number =>
  cursor === null ? Number.MAX_SAFE_INTEGER : decodeCursor(cursor, ['number'])[0]
