import type { CertificateStore, Challenge } from '@mooring/core'
import { type Kysely, type Selectable, sql } from 'kysely'
import { type CertificateRow, toCertificate } from './certificate-row.ts'
import { notOpen, staleLease, writeUnder } from './certificate-write.ts'
import { isHeld } from './lease.ts'
import { releaseReserved, spendReserved } from './reservations.ts'
import type { Tables } from './tables.ts'

type Orders = Pick<CertificateStore, 'begin' | 'saveOrder' | 'challenges' | 'saveIssued' | 'abandon'>

/** A certificate on its way: from its key to its chain. */
export const certificateOrders = (kysely: Kysely<Tables>): Orders => ({
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
    const rows = challenges.map((challenge, place) => toChallengeRow(challenge, `dns:${certificateId}:${place}`))
    // A domain has one order at a time, so that every challenge it has is of this one or of one before.
    const written = await writeUnder(
      kysely,
      lease,
      sql`ordered as (
        update certificates c set order_url = ${orderUrl} from held
        where c.id = ${certificateId} and c.domain_id = held.id and c.status = 'ordering'
        returning c.id, c.domain_id
      ), dropped as (
        delete from challenges using ordered
        where challenges.domain_id = ordered.domain_id
          and challenges.token <> all (${rows.map(({ token }) => token)}::text[])
      ), stored as (
        insert into challenges (token, type, domain_id, certificate_id, hostname, key_authorization, name, value)
        select given.token, given.type, held.id, ordered.id, held.hostname, given.key_authorization, given.name, given.value
        from held, ordered, jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
          as given (token text, type text, key_authorization text, name text, value text)
        on conflict (token) do update set
          type = excluded.type, domain_id = excluded.domain_id, certificate_id = excluded.certificate_id,
          hostname = excluded.hostname, key_authorization = excluded.key_authorization,
          name = excluded.name, value = excluded.value
      )
      select (select count(*)::int from held) as held, (select id from ordered) as certificate`,
    )
    if (written.certificate === null) throw notOpen(certificateId)
  },

  async challenges(certificateId) {
    // The release before this one did not say which certificate a challenge is for.
    const { rows } = await sql<ChallengeRow>`
      select given.token, given.type, given.key_authorization, given.name, given.value
      from certificates c join challenges given on given.domain_id = c.domain_id
      where c.id = ${certificateId} and c.status = 'ordering'
        and (given.certificate_id is null or given.certificate_id = c.id)
      order by given.token`.execute(kysely)
    return rows.map(toChallenge)
  },

  async saveIssued(lease, certificateId, { chainPem, serial, notBefore, notAfter, renewAt }) {
    // The same chain again is fine: the first answer to this statement may have been lost on its way. By then nothing is
    // reserved any more, and nothing is spent twice.
    const written = await writeUnder(
      kysely,
      lease,
      sql`ended as (
        select c.id, c.domain_id, c.issuer, c.reserved, held.hostname from certificates c, held
        where c.id = ${certificateId} and c.domain_id = held.id
          and (c.status = 'ordering' or (c.status = 'issued' and c.serial = ${serial}))
        for no key update of c
      ), issued as (
        update certificates c set
          status = 'issued', chain_pem = ${chainPem}, serial = ${serial}, reserved = null,
          not_before = ${notBefore}, not_after = ${notAfter}, renew_at = ${renewAt}
        from ended
        where c.id = ended.id
        returning c.id, c.domain_id
      ), superseded as (
        update certificates c set status = 'superseded', parked_at = now() from held, issued
        where c.id = held.certificate_id and c.id <> issued.id and c.domain_id = held.id and c.status = 'issued'
      ), taken as (
        update domains set certificate_id = issued.id, renew_at = ${renewAt}, updated_at = now() from issued
        where domains.id = issued.domain_id
      ), answered as (
        delete from challenges using issued where challenges.domain_id = issued.domain_id
      ), ${spendReserved}
      select (select count(*)::int from held) as held, (select id from issued) as certificate`,
    )
    if (written.certificate === null) throw notOpen(certificateId)
  },

  async abandon(lease, certificateId) {
    // Only what is still being ordered: a certificate that was issued is never lost this way.
    await writeUnder(
      kysely,
      lease,
      sql`ended as (
        delete from certificates c using held
        where c.id = ${certificateId} and c.domain_id = held.id and c.status = 'ordering'
        returning c.domain_id, c.issuer, c.reserved
      ), unanswered as (
        delete from challenges using ended where challenges.domain_id = ended.domain_id
      ), ${releaseReserved}
      select count(*)::int as held, null as certificate from held`,
    )
  },
})

type ChallengeRow = Pick<Selectable<Tables['challenges']>, 'token' | 'type' | 'key_authorization' | 'name' | 'value'>

const toChallengeRow = (challenge: Challenge, dnsToken: string): ChallengeRow =>
  challenge.type === 'http-01'
    ? { ...NO_RECORD, type: 'http-01', token: challenge.token, key_authorization: challenge.keyAuthorization }
    : { type: 'dns-01', token: dnsToken, key_authorization: null, name: challenge.name, value: challenge.value }

const NO_RECORD = { name: null, value: null }

const toChallenge = (row: ChallengeRow): Challenge =>
  row.type === 'dns-01'
    ? { type: 'dns-01', name: row.name ?? '', value: row.value ?? '' }
    : { type: 'http-01', token: row.token, keyAuthorization: row.key_authorization ?? '' }
