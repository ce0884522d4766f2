import type { Certificate } from '@mooring/core'
import type { Selectable } from 'kysely'
import type { Tables } from './tables.ts'

export type CertificateRow = Selectable<Tables['certificates']>

export function toCertificate(row: CertificateRow): Certificate {
  const { chain_pem: chainPem, serial, not_before: notBefore, not_after: notAfter, renew_at: renewAt } = row
  const { window_start: start, window_end: end } = row
  const isIssued = chainPem !== null && serial !== null && notBefore !== null && notAfter !== null && renewAt !== null
  return {
    id: row.id,
    domainId: row.domain_id,
    issuer: row.issuer,
    status: row.status,
    sealedKey: row.sealed_key,
    csrDer: row.csr,
    orderUrl: row.order_url,
    reserved: row.reserved,
    issued: isIssued ? { chainPem, serial, notBefore, notAfter, renewAt } : null,
    renewal: { window: start !== null && end !== null ? { start, end } : null, askAgainAt: row.ask_again_at },
  }
}
