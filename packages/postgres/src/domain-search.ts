import type { DomainFilter, Page, Paged } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { decodeCursor, microsecondsOf, pageLimit, pageOf, timeOf } from './cursor.ts'
import type { Tables } from './tables.ts'

/**
 * Which domains a page of the list shows, in its order, read from indexes wherever that goes.
 *
 * A part of a name that many have is found soon among the newest; one that few have, by its trigrams, and then all of
 * them are put in order. One or two letters have no trigram: names that begin with them are found in the order of names.
 * No planner can know which it is, since it plans once for all of them. So it is tried:
 *
 * 1. among the newest `RECENT`: enough hits are the page
 * 2. by trigrams or first letters, if these find `FEW` names at most
 * 3. through the whole index, newest first
 *
 * A tenant has no part in the table of all names: a function looks there for its own (migration 0011), and where many match,
 * its own part of the index is run through.
 */
const RECENT = 20_000
const FEW = 5_000
/** What is shorter has no trigram of its own. */
const TRIGRAM = 3

/** Names are kept as A-labels, a wildcard with its star: what holds anything else is in none of them. */
const IN_NAMES = /^[a-z0-9._*-]+$/i

export interface Scope {
  /** Whether the database shows one tenant's rows only. */
  isTenant: boolean
}

interface Found {
  id: string
  place: number
}

/** The ids of one page; see `Registry.list` for the order. */
export async function searchDomains(
  kysely: Kysely<Tables>,
  filter: DomainFilter,
  page: Page & Scope,
): Promise<Paged<string>> {
  if (filter.q !== undefined && !IN_NAMES.test(filter.q)) return { data: [], nextCursor: null }
  const rows =
    filter.expiresBefore === undefined ? await newest(kysely, filter, page) : await ending(kysely, filter, page)
  return pageOf(rows, page.limit, { item: ({ id }) => id, place: ({ id, place }) => [place, id] })
}

async function newest(kysely: Kysely<Tables>, filter: DomainFilter, { limit, cursor, isTenant }: Page & Scope) {
  const { q, service: _, ...others } = filter
  const after = cursor === null ? [] : [isAfter(cursor)]
  const byService = await conditionsOnService(kysely, filter, { isTenant })
  const outer = [...conditionsOf(others), ...byService.alone, ...after]
  const besides = [...conditionsOf(others), ...byService.besides, ...after]
  const lead = byService.lead ?? leadOf(filter, isTenant)
  const read = async (from: RawBuilder<unknown>): Promise<Found[]> => {
    const { rows } = await sql<Found>`
      select domains.id, ${microsecondsOf(sql`domains.created_at`)} as place
      ${from}
      order by ${lead} domains.created_at desc, domains.id desc
      limit ${pageLimit(limit)}`.execute(kysely)
    return rows
  }
  if (q === undefined) return read(sql`from domains ${where(outer)}`)

  const all = () => read(sql`from domains ${where([hostnameMatches(q), ...besides])}`)
  // The few in trouble are looked through one by one.
  if (others.reason !== undefined || others.actor !== undefined) return all()
  if (isTenant) {
    const names = await fewNamesWith(kysely, q, { isTenant })
    return names === null ? all() : read(sql`from domains ${where([sql`hostname = any(${names})`, ...besides])}`)
  }
  const recent = await read(sql`
    from (
      select id, created_at, hostname, target from domains ${where(outer)}
      order by ${byService.lead ?? sql``} created_at desc, id desc limit ${sql.lit(RECENT)}
    ) as domains
    where ${hostnameMatches(q)}`)
  if (recent.length > limit) return recent
  return (await amongFew(kysely, { q, outer: besides, limit })) ?? all()
}

function isAfter(cursor: string): RawBuilder<boolean> {
  const [createdAt, id] = decodeCursor(cursor, ['number', 'text'])
  return sql<boolean>`(domains.created_at, domains.id) < (${timeOf(createdAt)}, ${id})`
}

/**
 * A service may have a handful of domains or most of them, and nothing that the planner knows tells one from the other:
 *
 * - `alone`    by the index of services, which has its domains in their order once `lead` says so
 * - `besides`  for those that another condition finds: of a service of many, in words that no index has
 */
async function conditionsOnService(
  kysely: Kysely<Tables>,
  { service, state, reason, actor, tenant }: DomainFilter,
  { isTenant }: Scope,
): Promise<{ alone: RawBuilder<unknown>[]; besides: RawBuilder<unknown>[]; lead: RawBuilder<unknown> | null }> {
  if (service === undefined) return { alone: [], besides: [], lead: null }
  if (!isTenant && (await isOfFew(kysely, service))) {
    return { alone: [namesService(service)], besides: [namesService(service)], lead: null }
  }
  const isFoundByAnother = reason ?? actor ?? tenant ?? (state === 'active' ? undefined : state)
  if (isTenant || isFoundByAnother !== undefined) {
    return { alone: [oftenNamesService(service)], besides: [oftenNamesService(service)], lead: null }
  }
  return {
    alone: [namesService(service)],
    besides: [oftenNamesService(service)],
    lead: sql`target ->> 'service' desc,`,
  }
}

async function isOfFew(kysely: Kysely<Tables>, service: string): Promise<boolean> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from (
      select from domains where ${namesService(service)} limit ${sql.lit(FEW + 1)}
    ) as domains`.execute(kysely)
  return Number(rows[0]?.count) <= FEW
}

const namesService = (service: string): RawBuilder<boolean> =>
  sql<boolean>`target ? 'service' and target ->> 'service' = ${service}`

// The planner has no statistics for it, and takes it for frequent.
const oftenNamesService = (service: string): RawBuilder<boolean> =>
  sql<boolean>`strpos(' ' || (target ->> 'service') || ' ', ${` ${service} `}) > 0`

/**
 * The same for all rows that match, and named all the same: under row-level security, a condition by an operator that is not
 * leakproof does not tell the planner so, and it would sort what the index has in order.
 */
function leadOf({ reason, actor, tenant, state }: DomainFilter, isTenant: boolean): RawBuilder<unknown> {
  if (isTenant || tenant !== undefined || state !== undefined) return sql``
  if (reason !== undefined) return sql`reason ->> 'code',`
  return actor === undefined ? sql`` : sql`reason ->> 'actor',`
}

/** Null when more than a few names match. */
async function amongFew(
  kysely: Kysely<Tables>,
  { q, outer, limit }: { q: string; outer: RawBuilder<unknown>[]; limit: number },
): Promise<Found[] | null> {
  const { rows } = await sql<{ named: number } & (Found | { id: null })>`
    with named as materialized (
      select hostname from hostnames where ${hostnameMatches(q)} limit ${sql.lit(FEW + 1)}
    )
    select (select count(*) from named) as named, hits.id, hits.place
    from (select) as always
    left join lateral (
      select domains.id, ${microsecondsOf(sql`domains.created_at`)} as place
      from named join domains using (hostname)
      where ${sql.join([sql`(select count(*) from named) <= ${sql.lit(FEW)}`, ...outer], sql` and `)}
      order by domains.created_at desc, domains.id desc
      limit ${pageLimit(limit)}
    ) as hits on true`.execute(kysely)
  if ((rows[0]?.named ?? 0) > FEW) return null
  return rows.flatMap((row) => (row.id === null ? [] : [{ id: row.id, place: row.place }]))
}

/** By the end of the certificate in use; whole seconds, as `listCertificates` has it. */
async function ending(kysely: Kysely<Tables>, filter: DomainFilter, { limit, cursor, isTenant }: Page & Scope) {
  const { state, tenant, expiresBefore, q, service: _, ...others } = filter
  const conditions = [sql`e.not_after < ${expiresBefore}`]
  if (state !== undefined) conditions.push(sql`e.state = ${sql.lit(state)}`)
  if (tenant !== undefined) conditions.push(sql`e.tenant = ${tenant}`)
  if (cursor !== null) {
    const [end, id] = decodeCursor(cursor, ['number', 'text'])
    conditions.push(sql`(e.not_after, e.domain_id) > (to_timestamp(${end}), ${id})`)
  }
  const byService = await conditionsOnService(kysely, filter, { isTenant })
  const ofDomain = [...conditionsOf(others), ...byService.besides]
  if (q !== undefined) {
    const names = await fewNamesWith(kysely, q, { isTenant })
    ofDomain.push(names === null ? hostnameOftenMatches(q) : sql`hostname = any(${names})`)
  }
  const { rows } = await sql<Found>`
    select e.domain_id as id, extract(epoch from e.not_after)::bigint as place
    from certificate_ends e ${ofDomain.length === 0 ? sql`` : sql`join domains on domains.id = e.domain_id`}
    ${where([...conditions, ...ofDomain])}
    order by e.not_after, e.domain_id
    limit ${pageLimit(limit)}`.execute(kysely)
  return rows
}

const where = (conditions: RawBuilder<unknown>[]): RawBuilder<unknown> =>
  conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`

/**
 * Conditions on a row of `domains`, but for that on its certificate. What comes from a list of ours is part of the text:
 * a plan that is kept would otherwise be the same for the many who are active and the few who failed.
 */
export function conditionsOf({ state, reason, actor, tenant, service, q }: DomainFilter): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = []
  if (state !== undefined) conditions.push(sql`state = ${sql.lit(state)}`)
  // In the words of the indexes that hold the few with a reason.
  if (reason !== undefined || actor !== undefined) conditions.push(sql`reason is not null`)
  if (reason !== undefined) conditions.push(sql`reason ->> 'code' = ${sql.lit(reason)}`)
  if (actor !== undefined) conditions.push(sql`reason ->> 'actor' = ${sql.lit(actor)}`)
  if (tenant !== undefined) conditions.push(sql`tenant = ${tenant}`)
  if (service !== undefined) conditions.push(namesService(service))
  if (q !== undefined) conditions.push(hostnameMatches(q))
  return conditions
}

/** The names that match, if an index finds a few; null when they are many. */
export async function fewNamesWith(kysely: Kysely<Tables>, q: string, { isTenant }: Scope): Promise<string[] | null> {
  if (isTenant) return ownNamesWith(kysely, q)
  const { rows } = await sql<{ hostname: string }>`
    select hostname from hostnames where ${hostnameMatches(q)} limit ${sql.lit(FEW + 1)}`.execute(kysely)
  return rows.length > FEW ? null : rows.map(({ hostname }) => hostname)
}

async function ownNamesWith(kysely: Kysely<Tables>, q: string): Promise<string[] | null> {
  const pattern = q.length < TRIGRAM ? null : containing(q)
  const { rows } = await sql<{ names: string[] | null }>`
    select own_names(${q.toLowerCase()}, ${pattern}, ${sql.lit(FEW)}) as names`.execute(kysely)
  return rows[0]?.names ?? null
}

/** A name that holds the text, or begins with it if that is but a letter or two. */
export function hostnameMatches(text: string): RawBuilder<boolean> {
  if (text.length >= TRIGRAM) return sql<boolean>`hostname like ${containing(text)}`
  const letters = text.toLowerCase()
  // Not LIKE: a plan that is kept would not know that it asks for first letters.
  return sql<boolean>`(hostname ~>=~ ${letters} and hostname ~<~ ${letters + LAST_CHARACTER})`
}

/**
 * The same for a text that many names hold. Behind a policy the planner sees no statistics, takes what LIKE finds for rare,
 * and would sort all rows to find the first few; of a comparison it expects a third of them, and reads them in their order.
 */
export function hostnameOftenMatches(text: string): RawBuilder<boolean> {
  return text.length >= TRIGRAM ? sql<boolean>`strpos(hostname, ${text.toLowerCase()}) > 0` : hostnameMatches(text)
}

/** For LIKE; `_` and `%` stand for themselves: `a_b` must not find `a-b`. */
const containing = (text: string): string => `%${text.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`

const LAST_CHARACTER = '\u{10FFFF}'
