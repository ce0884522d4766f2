import type { ImportedCertificate, IntentAnswer } from '@mooring/core'
import { type Kysely, type RawBuilder, type Transaction, sql } from 'kysely'
import { type DomainRow, toDomain } from './domain-row.ts'
import { notifyDue } from './due.ts'
import { wake } from './intents.ts'
import { releaseReserved } from './reservations.ts'
import type { Tables } from './tables.ts'
import { inTransaction } from './transaction.ts'

/**
 * See `Registry.importCertificate`. The domain's row is locked first and the certificates after it, as every worker does;
 * a worker that is at the domain is overruled, and finds its order gone.
 */
export function importCertificate(
  kysely: Kysely<Tables>,
  id: string,
  imported: ImportedCertificate,
): Promise<IntentAnswer> {
  return inTransaction(kysely, async (transaction): Promise<IntentAnswer> => {
    const row = await lock(transaction, id)
    if (row === undefined) return { kind: 'not_found' }
    if (row.state === 'deprovisioning' || row.state === 'deprovisioned') {
      return { kind: 'wrong_state', state: row.state }
    }
    if (await isInUse(transaction, row, imported)) return { kind: 'applied', domain: toDomain(row) }
    await abandonOrder(transaction, id)
    await store(transaction, id, imported)
    return { kind: 'applied', domain: toDomain(await use(transaction, row, imported)) }
  })
}

const lock = (transaction: Transaction<Tables>, id: string): Promise<DomainRow | undefined> =>
  transaction.selectFrom('domains').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst()

/** The chain is compared as well: an authority of the customer's own may give every certificate the same serial. */
async function isInUse(
  transaction: Transaction<Tables>,
  { certificate_id: certificateId, tls }: DomainRow,
  { issued }: ImportedCertificate,
): Promise<boolean> {
  if (tls.mode !== 'imported') return false
  const found = await transaction
    .selectFrom('certificates')
    .select('id')
    .where('id', '=', certificateId)
    .where('issuer', '=', 'imported')
    .where('serial', '=', issued.serial)
    .where('chain_pem', '=', issued.chainPem)
    .executeTakeFirst()
  return found !== undefined
}

/** What the order took of the authority's limits, and has not spent, is free again. */
async function abandonOrder(transaction: Transaction<Tables>, id: string): Promise<void> {
  await sql`
    with ended as (
      delete from certificates where domain_id = ${id} and status = 'ordering'
      returning domain_id, issuer, reserved
    ), unanswered as (
      delete from challenges using ended where challenges.domain_id = ended.domain_id
    ), ${releaseReserved}
    select from ended`.execute(transaction)
}

/** The one before stays, as `superseded`, for the edges that have not proved the new one. */
async function store(
  transaction: Transaction<Tables>,
  domainId: string,
  { id, sealedKey, issued }: ImportedCertificate,
): Promise<void> {
  await sql`
    update certificates set status = 'superseded', parked_at = now()
    where domain_id = ${domainId} and status = 'issued'`.execute(transaction)
  const { chainPem, serial, notBefore, notAfter, renewAt } = issued
  await sql`
    insert into certificates
      (id, domain_id, issuer, status, sealed_key, csr, chain_pem, serial, not_before, not_after, renew_at)
    values
      (${id}, ${domainId}, 'imported', 'issued', ${JSON.stringify(sealedKey)}::jsonb, ''::bytea,
       ${chainPem}, ${serial}, ${notBefore}, ${notAfter}, ${renewAt})`.execute(transaction)
}

async function use(
  transaction: Transaction<Tables>,
  row: DomainRow,
  { id, issued: { serial, notAfter, renewAt } }: ImportedCertificate,
): Promise<DomainRow> {
  const data = { certificate_id: id, serial, not_after: notAfter }
  const { rows } = await sql<DomainRow>`
    with moved as (
      update domains
      set certificate_id = ${id}, tls = domains.tls || '{"mode": "imported"}',
          renew_at = ${renewAt}, renewal_attempt = 0, renewal_reason = null,
          ${consequenceFor(row)}
      where id = ${row.id}
      returning *
    ), told as (
      insert into events (domain_id, type, actor, data)
      select id, 'certificate.imported', 'api', ${JSON.stringify(data)}::jsonb from moved
    )
    select moved.*, ${notifyDue} from moved`.execute(transaction)
  const [moved] = rows
  if (moved === undefined) throw new Error(`domain ${row.id} vanished under its lock`)
  return moved
}

/** Steps that wait for a certificate, or publish one. */
const OF_THE_ORDER = ['order_certificate', 'validate_order', 'finalize_order', 'publish_route', 'confirm_route']
const OF_THE_RETURN = ['republish_route', 'confirm_return']

/**
 * Where the domain goes on. A name that is served gets the new certificate at once, by the step that publishes it there;
 * one that has not come so far finds it when it does. A failed one stays so until it is retried, and needs no order then.
 */
function consequenceFor({ state, step }: DomainRow): RawBuilder<unknown> {
  if (state === 'active') return goOnAt('publish_renewal')
  if (state === 'provisioning_cert') return goOnAt('order_certificate')
  if (state === 'suspended') return goOnAt(OF_THE_RETURN.includes(step) ? 'republish_route' : 'publish_holding')
  if (state === 'failed' && OF_THE_ORDER.includes(step)) return sql`step = 'order_certificate', updated_at = now()`
  return sql`updated_at = now()`
}

const goOnAt = (step: string): RawBuilder<unknown> => sql`${wake}, step = ${step}, attempt = 0, reason = null`
