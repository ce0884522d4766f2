import { type Certificate, type CertificateStore, wildcardOver } from '@mooring/core'
import { type RawBuilder, sql } from 'kysely'
import { certificateOrders } from './certificate-orders.ts'
import { type CertificateRow, toCertificate } from './certificate-row.ts'
import { notIssued, writeUnder } from './certificate-write.ts'
import { certificatesKept } from './certificates-kept.ts'
import type { Database } from './database.ts'

/** Certificates, their orders and the challenges they need. Every write is fenced; see `writeUnder`. */
export function createCertificateStore({ kysely }: Database): CertificateStore {
  const first = async (query: RawBuilder<CertificateRow>): Promise<Certificate | null> => {
    const { rows } = await query.execute(kysely)
    return rows[0] === undefined ? null : toCertificate(rows[0])
  }

  return {
    ...certificateOrders(kysely),
    ...certificatesKept(kysely),

    current: (domainId) =>
      first(sql`
        select * from certificates c
        where (c.domain_id = ${domainId} and c.status = 'ordering')
           or c.id = (select certificate_id from domains where id = ${domainId})
        order by c.status = 'ordering' desc
        limit 1`),

    inUse: (domainId) =>
      first(sql`
        select c.* from domains d join certificates c on c.id = d.certificate_id where d.id = ${domainId}`),

    async sharedFor(hostname) {
      const wildcard = wildcardOver(hostname)
      if (wildcard === null) return null
      return first(sql`
        select c.* from domains d join certificates c on c.id = d.certificate_id and c.domain_id = d.id
        where d.hostname = ${wildcard} and d.state = 'active' and d.tls @> '{"shared": true}'
          and c.status = 'issued' and c.not_after > now()
        order by c.not_after desc
        limit 1`)
    },

    async share(lease, certificateId) {
      // Only that of the wildcard right above the name, whatever the caller believes.
      const written = await writeUnder(
        kysely,
        lease,
        sql`shared as (
          select c.id from certificates c join domains owner on owner.id = c.domain_id, held
          where c.id = ${certificateId} and c.status = 'issued' and owner.id <> held.id
            and owner.tls @> '{"shared": true}' and owner.hostname = regexp_replace(held.hostname, '^[^.]+', '*')
        ), superseded as (
          update certificates c set status = 'superseded', parked_at = now() from held, shared
          where c.id = held.certificate_id and c.domain_id = held.id and c.status = 'issued'
        ), taken as (
          update domains set certificate_id = shared.id, renew_at = null, updated_at = now() from held, shared
          where domains.id = held.id
        )
        select (select count(*)::int from held) as held, (select id from shared) as certificate`,
      )
      if (written.certificate === null) throw notIssued(certificateId)
    },

    async saveRenewalInfo(lease, certificateId, { window, renewAt, askAgainAt }) {
      const written = await writeUnder(
        kysely,
        lease,
        sql`advised as (
          update certificates c set
            window_start = ${window?.start ?? null}, window_end = ${window?.end ?? null},
            renew_at = ${renewAt}, ask_again_at = ${askAgainAt}
          from held
          where c.id = ${certificateId} and c.domain_id = held.id and c.status = 'issued'
          returning c.id, least(c.renew_at, c.ask_again_at) as due_at
        ), planned as (
          update domains set renew_at = advised.due_at, updated_at = now() from advised, held
          where domains.id = held.id and domains.certificate_id = advised.id
        )
        select (select count(*)::int from held) as held, (select id from advised) as certificate`,
      )
      if (written.certificate === null) throw notIssued(certificateId)
    },
  }
}
