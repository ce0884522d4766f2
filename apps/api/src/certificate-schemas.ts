import {
  CERTIFICATE_STATUSES,
  type ListedCertificate,
  MAX_CHAIN_BYTES,
  MAX_KEY_CHARACTERS,
  urgencyOf,
} from '@mooring/core'
import { z } from 'zod'
import { reasonSchema } from './schemas.ts'

const time = z.string().meta({ format: 'date-time' })

export const ownCertificateSchema = z.strictObject({
  chain_pem: z
    .string()
    .max(MAX_CHAIN_BYTES)
    .describe('PEM: the name’s own certificate first, each followed by the one that issued it.'),
  key_pem: z
    .string()
    .max(MAX_KEY_CHARACTERS)
    .describe('PEM, not encrypted: RSA of 2048 to 4096 bits, or ECDSA on P-256 or P-384.'),
})

const URGENCIES = ['due', 'late', 'urgent', 'expired'] as const

export const listedCertificateSchema = z
  .object({
    id: z.string(),
    domain_id: z.string(),
    hostname: z.string(),
    issuer: z.string().describe('The account at the authority that issued it, or `imported`.'),
    status: z.enum(CERTIFICATE_STATUSES),
    serial: z.string(),
    not_before: time,
    not_after: time,
    renew_at: time.describe('When it is renewed; of an imported one, when its customer is told.'),
    urgency: z.enum(URGENCIES).nullable().describe('Of a renewal whose time has come; null before that.'),
    reason: reasonSchema.nullable().describe('What holds up the renewal.'),
  })
  .meta({ id: 'ListedCertificate' })

export function listedCertificateResource(
  certificate: ListedCertificate,
  now: Date,
): z.output<typeof listedCertificateSchema> {
  const { id, domainId, hostname, issuer, status, serial, notBefore, notAfter, renewAt, renewalReason } = certificate
  const isDue = status === 'issued' && renewAt <= now
  return {
    id,
    domain_id: domainId,
    hostname,
    issuer,
    status,
    serial,
    not_before: notBefore.toISOString(),
    not_after: notAfter.toISOString(),
    renew_at: renewAt.toISOString(),
    urgency: isDue || notAfter <= now ? urgencyOf(certificate, now) : null,
    reason: renewalReason,
  }
}
