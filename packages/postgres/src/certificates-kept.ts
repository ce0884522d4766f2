import type { CertificateStore } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { type CertificateRow, toCertificate } from './certificate-row.ts'
import { notIssued, staleLease, writeUnder } from './certificate-write.ts'
import { releaseReserved } from './reservations.ts'
import type { Tables } from './tables.ts'

type Kept = Pick<CertificateStore, 'park' | 'parked' | 'adopt' | 'markRevoked'>

/** A certificate whose domain leaves, and comes back. */
export const certificatesKept = (kysely: Kysely<Tables>): Kept => ({
  async park(lease, domainId) {
    if (domainId !== lease.domainId) throw staleLease(lease)
    // Its own only: a wildcard that it shares stays with those who use it. What was superseded stays so until no route
    // names it.
    await writeUnder(
      kysely,
      lease,
      sql`parked as (
        update certificates c set status = 'parked', parked_at = now() from held
        where c.domain_id = held.id and c.status = 'issued'
      ), ended as (
        delete from certificates c using held where c.domain_id = held.id and c.status = 'ordering'
        returning c.issuer, c.reserved
      ), unanswered as (
        delete from challenges using held where challenges.domain_id = held.id
      ), detached as (
        update domains set certificate_id = null, renew_at = null, updated_at = now() from held where domains.id = held.id
      ), ${releaseReserved}
      select count(*)::int as held, null as certificate from held`,
    )
  },

  async parked(hostname, tenant) {
    const { rows } = await sql<CertificateRow>`
      select c.* from domains d
      join certificates c on c.domain_id = d.id and c.status = 'parked'
      where d.hostname = ${hostname} and d.tenant = ${tenant}
      order by c.not_after desc, c.parked_at desc
      limit 1`.execute(kysely)
    return rows[0] === undefined ? null : toCertificate(rows[0])
  },

  async adopt(lease, certificateId, sealedKey) {
    // Of the same hostname and tenant only, whatever the caller believes. What is this domain's already stays so: the
    // first answer to this statement may have been lost on its way.
    const written = await writeUnder(
      kysely,
      lease,
      sql`adopted as (
        update certificates c set
          domain_id = held.id, status = 'issued', sealed_key = ${JSON.stringify(sealedKey)}::jsonb, parked_at = null
        from held, domains left_by
        where c.id = ${certificateId} and left_by.id = c.domain_id
          and left_by.hostname = held.hostname and left_by.tenant = held.tenant
          and (c.status = 'parked' or (c.status = 'issued' and c.domain_id = held.id))
        returning c.id, least(c.renew_at, c.ask_again_at) as renew_at
      ), taken as (
        update domains set certificate_id = adopted.id, renew_at = adopted.renew_at, updated_at = now()
        from held, adopted
        where domains.id = held.id
      )
      select (select count(*)::int from held) as held, (select id from adopted) as certificate`,
    )
    return written.certificate !== null
  },

  async markRevoked(lease, certificateId) {
    const written = await writeUnder(
      kysely,
      lease,
      sql`revoked as (
        update certificates c set status = 'revoked', parked_at = coalesce(c.parked_at, now()) from held
        where c.id = ${certificateId} and c.domain_id = held.id and c.status <> 'ordering'
        returning c.id
      ), detached as (
        update domains set certificate_id = null, renew_at = null, updated_at = now() from held, revoked
        where domains.id = held.id and domains.certificate_id = revoked.id
      )
      select (select count(*)::int from held) as held, (select id from revoked) as certificate`,
    )
    if (written.certificate === null) throw notIssued(certificateId)
  },
})
