import type { CertificateFilter, Hostname, ListedCertificate, Page, Paged, Reason } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { decodeCursor, pageLimit, pageOf } from './cursor.ts'
import type { Scope } from './domain-search.ts'
import type { Tables } from './tables.ts'

interface Row {
  id: string
  domain_id: string
  hostname: string
  issuer: string
  status: ListedCertificate['status']
  serial: string
  not_before: Date
  not_after: Date
  renew_at: Date
  renewal_reason: Reason | null
}

/** A tenant with so many domains at most is read domain by domain. */
const FEW = 5_000

/**
 * See `Registry.certificates`. The ends of certificates are whole seconds (RFC 5280 §4.1.2.5).
 *
 * By the index of all ends, newest last; but a tenant with few domains would wait there while a million certificates of
 * others are passed over. The planner cannot know, since it does not look behind a policy.
 */
export async function listCertificates(
  kysely: Kysely<Tables>,
  { status, expiresBefore }: CertificateFilter,
  { limit, cursor, isTenant }: Page & Scope,
): Promise<Paged<ListedCertificate>> {
  const conditions = [sql`c.status = ${status}`, sql`c.not_after is not null`]
  if (expiresBefore !== undefined) conditions.push(sql`c.not_after < ${expiresBefore}`)
  if (cursor !== null) {
    const [end, id] = decodeCursor(cursor, ['number', 'text'])
    conditions.push(sql`(c.not_after, c.id) > (to_timestamp(${end}), ${id})`)
  }
  const matching = sql.join(conditions, sql` and `)
  const from =
    isTenant && (await hasFewDomains(kysely))
      ? sql`domains d cross join lateral (
          select * from certificates c where c.domain_id = d.id and ${matching} offset 0
        ) as c`
      : sql`certificates c join domains d on d.id = c.domain_id and ${matching}`
  const { rows } = await sql<Row>`
    select c.id, c.domain_id, d.hostname, c.issuer, c.status, c.serial, c.not_before, c.not_after, c.renew_at,
           case when d.certificate_id = c.id then d.renewal_reason end as renewal_reason
    from ${from}
    order by c.not_after, c.id
    limit ${pageLimit(limit)}
  `.execute(kysely)
  return pageOf(rows, limit, { item: toListed, place: (row) => [Math.floor(row.not_after.getTime() / 1000), row.id] })
}

/** Of those that the connection is shown. */
async function hasFewDomains(kysely: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{ few: boolean }>`
    select count(*) <= ${sql.lit(FEW)} as few from (select from domains limit ${sql.lit(FEW + 1)}) as own`.execute(
    kysely,
  )
  return rows[0]?.few ?? false
}

const toListed = (row: Row): ListedCertificate => ({
  id: row.id,
  domainId: row.domain_id,
  hostname: row.hostname as Hostname,
  issuer: row.issuer,
  status: row.status,
  serial: row.serial,
  notBefore: row.not_before,
  notAfter: row.not_after,
  renewAt: row.renew_at,
  renewalReason: row.renewal_reason,
})
