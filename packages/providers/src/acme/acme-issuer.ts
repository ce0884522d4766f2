import { type AcmeAccounts, type Issuer, type KeyCustody, type Log, SECOND, systemClock } from '@mooring/core'
import { createAcmeClient } from './client.ts'
import { finalizeOrder } from './finalize-order.ts'
import type { ExternalAccount } from './jws.ts'
import { createKnownOrders } from './known-orders.ts'
import { placeOrder } from './place-order.ts'
import { revokeCertificate } from './revoke-certificate.ts'
import { createSlots } from './slots.ts'
import { validateOrder } from './validate-order.ts'

export interface AcmeIssuerOptions {
  directoryUrl: string
  /** An e-mail address for the CA. */
  contact?: string | undefined
  /** Roots to trust for the CA's own HTTPS, PEM. */
  caFile?: string | undefined
  /** Binds the account to a customer of the CA, where the CA asks for that. */
  eab?: ExternalAccount | undefined
  /** What CAA records call this CA, where its directory does not say it, or not rightly. */
  caaIdentities?: readonly string[] | undefined
  accounts: AcmeAccounts
  custody: KeyCustody
  /** Calls to the CA under way at once; more wait their turn. */
  concurrency?: number | undefined
  /** Per request. */
  deadlineMs?: number
  /** How often one request is repeated because of its nonce. */
  nonceRetries?: number
  log?: Log | undefined
}

/**
 * Issues from a CA that speaks ACME (RFC 8555), by HTTP-01. The account is registered on first use.
 *
 * Every method may be repeated after a crash, with the order's URL alone, and ends soon: what takes the CA longer than
 * about three seconds is answered with the moment to come back.
 */
export function createAcmeIssuer(options: AcmeIssuerOptions): Issuer & { close(): Promise<void> } {
  const { caaIdentities = [], concurrency = 8, deadlineMs = 15 * SECOND, nonceRetries = 10 } = options
  const client = createAcmeClient({ ...options, concurrency, deadlineMs, nonceRetries, clock: systemClock })
  const known = createKnownOrders()
  const slots = createSlots(concurrency)
  return {
    name: 'acme',
    caaIdentities: async (signal) =>
      caaIdentities.length > 0 ? caaIdentities : (await client.directory(signal)).meta.caaIdentities,
    placeOrder: (hostname, signal) => slots.run(signal, () => placeOrder(client, known, { hostname, signal })),
    validate: ({ orderUrl }, signal) => slots.run(signal, () => validateOrder(client, known, { orderUrl, signal })),
    finalize: ({ orderUrl }, csrDer, signal) =>
      slots.run(signal, () => finalizeOrder(client, known, { orderUrl, csrDer, signal })),
    revoke: (chainPem, signal) => slots.run(signal, () => revokeCertificate(client, { chainPem, signal })),
    close: () => client.close(),
  }
}
