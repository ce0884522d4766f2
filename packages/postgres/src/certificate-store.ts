import { AppError, type Certificate, type CertificateStore, type Lease, type SealedKey } from '@mooring/core'
import { type RawBuilder, sql } from 'kysely'
import type { Database } from './database.ts'
import { isHeld } from './lease.ts'

/**
 * Certificates, their orders and the challenges they need.
 *
 * Every write is one statement whose first part locks the domain's row under the lease's token. A worker that was
 * overtaken finds no row there, writes nothing, and gets `STALE_LEASE`; one that is overtaken at this very moment
 * holds the lock, so that the newer claim comes after its write and sees it.
 */
export function createCertificateStore({ kysely }: Database): CertificateStore {
  const write = async (lease: Lease, changes: RawBuilder<unknown>): Promise<Written> => {
    const { rows } = await sql<Written>`
      with held as (
        select id, hostname, tenant from domains
        where ${isHeld(lease)}
        for no key update
      ), ${changes}`.execute(kysely)
    const written = rows[0]
    if (written === undefined || written.held === 0) throw staleLease(lease)
    return written
  }

  return {
    async current(domainId) {
      const { rows } = await sql<CertificateRow>`
        select c.* from domains d
        join certificates c on c.domain_id = d.id and (c.status = 'ordering' or c.id = d.certificate_id)
        where d.id = ${domainId}
        order by c.status = 'ordering' desc
        limit 1`.execute(kysely)
      return rows[0] === undefined ? null : toCertificate(rows[0])
    },

    async begin(lease, { id, issuer, sealedKey, csrDer }) {
      // One need, one order: where one is open already, the update changes nothing but returns it.
      const { rows } = await sql<CertificateRow>`
        with held as (
          select id from domains where ${isHeld(lease)} for no key update
        )
        insert into certificates (id, domain_id, issuer, status, sealed_key, csr)
        select ${id}, held.id, ${issuer}, 'ordering', ${JSON.stringify(sealedKey)}::jsonb, ${csrDer}::bytea from held
        on conflict (domain_id) where status = 'ordering' do update set issuer = certificates.issuer
        returning *`.execute(kysely)
      if (rows[0] === undefined) throw staleLease(lease)
      return toCertificate(rows[0])
    },

    async saveOrder(lease, certificateId, { orderUrl, challenges }) {
      const written = await write(
        lease,
        sql`ordered as (
          update certificates c set order_url = ${orderUrl} from held
          where c.id = ${certificateId} and c.domain_id = held.id and c.status = 'ordering'
          returning c.id, c.domain_id
        ), superseded as (
          delete from challenges using ordered
          where challenges.domain_id = ordered.domain_id
            and challenges.token <> all (${challenges.map(({ token }) => token)}::text[])
        ), stored as (
          insert into challenges (token, domain_id, hostname, key_authorization)
          select given.token, held.id, held.hostname, given."keyAuthorization"
          from held, ordered, jsonb_to_recordset(${JSON.stringify(challenges)}::jsonb)
            as given (token text, "keyAuthorization" text)
          on conflict (token) do update set
            domain_id = excluded.domain_id, hostname = excluded.hostname, key_authorization = excluded.key_authorization
        )
        select (select count(*)::int from held) as held, (select id from ordered) as certificate`,
      )
      if (written.certificate === null) throw notOpen(certificateId)
    },

    async saveIssued(lease, certificateId, { chainPem, serial, notBefore, notAfter, renewAt }) {
      // The same chain again is fine: the first answer to this statement may have been lost on its way.
      const written = await write(
        lease,
        sql`issued as (
          update certificates c set
            status = 'issued', chain_pem = ${chainPem}, serial = ${serial},
            not_before = ${notBefore}, not_after = ${notAfter}, renew_at = ${renewAt}
          from held
          where c.id = ${certificateId} and c.domain_id = held.id
            and (c.status = 'ordering' or (c.status = 'issued' and c.serial = ${serial}))
          returning c.id, c.domain_id
        ), taken as (
          update domains set certificate_id = issued.id, updated_at = now() from issued
          where domains.id = issued.domain_id
        ), answered as (
          delete from challenges using issued where challenges.domain_id = issued.domain_id
        )
        select (select count(*)::int from held) as held, (select id from issued) as certificate`,
      )
      if (written.certificate === null) throw notOpen(certificateId)
    },

    async abandon(lease, certificateId) {
      // Only what is still being ordered: a certificate that was issued is never lost this way.
      await write(
        lease,
        sql`abandoned as (
          delete from certificates c using held
          where c.id = ${certificateId} and c.domain_id = held.id and c.status = 'ordering'
          returning c.domain_id
        ), unanswered as (
          delete from challenges using abandoned where challenges.domain_id = abandoned.domain_id
        )
        select count(*)::int as held, null as certificate from held`,
      )
    },

    async park(lease, domainId) {
      if (domainId !== lease.domainId) throw staleLease(lease)
      await write(
        lease,
        sql`parked as (
          update certificates c set status = 'parked', parked_at = now() from held
          where c.domain_id = held.id and c.status = 'issued'
        ), abandoned as (
          delete from certificates c using held where c.domain_id = held.id and c.status = 'ordering'
        ), unanswered as (
          delete from challenges using held where challenges.domain_id = held.id
        ), released as (
          update domains set certificate_id = null, updated_at = now() from held where domains.id = held.id
        )
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
      const written = await write(
        lease,
        sql`adopted as (
          update certificates c set
            domain_id = held.id, status = 'issued', sealed_key = ${JSON.stringify(sealedKey)}::jsonb, parked_at = null
          from held, domains left_by
          where c.id = ${certificateId} and left_by.id = c.domain_id
            and left_by.hostname = held.hostname and left_by.tenant = held.tenant
            and (c.status = 'parked' or (c.status = 'issued' and c.domain_id = held.id))
          returning c.id
        ), taken as (
          update domains set certificate_id = adopted.id, updated_at = now() from held, adopted
          where domains.id = held.id
        )
        select (select count(*)::int from held) as held, (select id from adopted) as certificate`,
      )
      return written.certificate !== null
    },

    async markRevoked(lease, certificateId) {
      const written = await write(
        lease,
        sql`revoked as (
          update certificates c set status = 'revoked', parked_at = coalesce(c.parked_at, now()) from held
          where c.id = ${certificateId} and c.domain_id = held.id and c.status <> 'ordering'
          returning c.id
        ), released as (
          update domains set certificate_id = null, updated_at = now() from held, revoked
          where domains.id = held.id and domains.certificate_id = revoked.id
        )
        select (select count(*)::int from held) as held, (select id from revoked) as certificate`,
      )
      if (written.certificate === null) throw notIssued(certificateId)
    },
  }
}

interface Written {
  /** 1 under the lease, 0 when it was lost. */
  held: number
  certificate: string | null
}

interface CertificateRow {
  id: string
  domain_id: string
  issuer: string
  status: Certificate['status']
  sealed_key: SealedKey
  csr: Buffer
  order_url: string | null
  chain_pem: string | null
  serial: string | null
  not_before: Date | null
  not_after: Date | null
  renew_at: Date | null
}

function toCertificate(row: CertificateRow): Certificate {
  const { chain_pem: chainPem, serial, not_before: notBefore, not_after: notAfter, renew_at: renewAt } = row
  const isIssued = chainPem !== null && serial !== null && notBefore !== null && notAfter !== null && renewAt !== null
  return {
    id: row.id,
    domainId: row.domain_id,
    issuer: row.issuer,
    status: row.status,
    sealedKey: row.sealed_key,
    csrDer: row.csr,
    orderUrl: row.order_url,
    issued: isIssued ? { chainPem, serial, notBefore, notAfter, renewAt } : null,
  }
}

const staleLease = ({ domainId, token }: Lease): AppError =>
  new AppError('STALE_LEASE', 'A newer worker owns this domain.', { facts: { domainId, token } })

const notOpen = (certificateId: string): AppError =>
  new AppError('CONFLICT', 'This certificate is not being ordered.', { facts: { certificateId } })

const notIssued = (certificateId: string): AppError =>
  new AppError('CONFLICT', 'This domain has no such certificate.', { facts: { certificateId } })
