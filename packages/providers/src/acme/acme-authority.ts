import {
  type AcmeAccounts,
  type ChallengeType,
  type Clock,
  type Issuer,
  type KeyCustody,
  type Log,
  SECOND,
  type Tracer,
  systemClock,
} from '@mooring/core'
import { expectProvable } from './challenge.ts'
import { createAcmeClient } from './client.ts'
import { type AcmeConnection, createAcmeConnection } from './connection.ts'
import { finalizeOrder } from './finalize-order.ts'
import type { ExternalAccount } from './jws.ts'
import { createKnownOrders } from './known-orders.ts'
import { placeOrder } from './place-order.ts'
import { readRenewalInfo } from './renewal-info.ts'
import { revokeCertificate } from './revoke-certificate.ts'
import { validateOrder } from './validate-order.ts'

export interface AcmeAuthorityOptions {
  /** The first account is called this, the second one `name/2`. */
  name: string
  /** How many accounts there are. */
  accountCount: number
  directoryUrl: string
  /** An e-mail address for the CA. */
  contact?: string | undefined
  /** Roots to trust for the CA's own HTTPS, PEM. */
  caFile?: string | undefined
  /** Binds the accounts to a customer of the CA, where the CA asks for that. */
  eab?: ExternalAccount | undefined
  /** What CAA records call this CA, where its directory does not say it, or not rightly. */
  caaIdentities?: readonly string[] | undefined
  /** The preferred one first; HTTP-01 and DNS-01 when absent. */
  challenges?: readonly ChallengeType[] | undefined
  /** The kind of certificate to order, of those that the CA has (draft-ietf-acme-profiles); its default when absent. */
  profile?: string | undefined
  /** Common name of the root that chains shall end at, where the CA has several (RFC 8555 §7.4.2). */
  preferredChain?: string | undefined
  accounts: AcmeAccounts
  custody: KeyCustody
  /** Calls to the CA under way at once, of all accounts; more wait their turn. */
  concurrency?: number | undefined
  /** Per request. */
  deadlineMs?: number
  /** How often one request is repeated because of its nonce. */
  nonceRetries?: number
  clock?: Clock
  log?: Log | undefined
  tracer?: Tracer | undefined
}

/** One account at a CA that speaks ACME (RFC 8555), by HTTP-01 and DNS-01. */
export interface AcmeIssuer extends Issuer {
  /**
   * Gives the account a new key (RFC 8555 §7.3.5), or ends such a change that a crash interrupted. Other processes notice
   * when the CA refuses the old key. What is shown for open challenges is bound to the old key: orders that wait for
   * their validation meanwhile fail it, and are placed anew.
   */
  rolloverAccountKey(signal: AbortSignal): Promise<void>
  /** Gives the account up for good (RFC 8555 §7.3.6); certificates stay as they are. Safe to repeat. */
  deactivateAccount(signal: AbortSignal): Promise<void>
}

export interface AcmeAuthority {
  name: string
  accounts: AcmeIssuer[]
  close(): Promise<void>
}

/**
 * Issues from a CA that speaks ACME. Its accounts share connections, nonces, slots and the directory; each is registered
 * on first use, or beforehand by `register`.
 *
 * Every method of an account may be repeated after a crash, with the order's URL alone, and ends soon: what takes the CA
 * longer than about three seconds is answered with the moment to come back.
 */
export function createAcmeAuthority(options: AcmeAuthorityOptions): AcmeAuthority {
  const { name, accountCount, concurrency = 8, deadlineMs = 15 * SECOND, nonceRetries = 10 } = options
  const { clock = systemClock } = options
  const connection = createAcmeConnection({ ...options, concurrency, deadlineMs, nonceRetries, clock })
  const accounts = Array.from({ length: accountCount }, (_, index) => accountOf(connection, options, index + 1))
  return { name, accounts, close: () => connection.close() }
}

function accountOf(connection: AcmeConnection, options: AcmeAuthorityOptions, ordinal: number): AcmeIssuer {
  const {
    name,
    directoryUrl,
    caaIdentities = [],
    challenges = ['http-01', 'dns-01'],
    profile,
    preferredChain,
  } = options
  const id = ordinal === 1 ? directoryUrl : `${directoryUrl}#${ordinal}`
  const client = createAcmeClient(connection, { ...options, id })
  const known = createKnownOrders()
  const { slots } = connection
  return {
    name: ordinal === 1 ? name : `${name}/${ordinal}`,
    challenges,
    caaIdentities: async (signal) =>
      caaIdentities.length > 0 ? caaIdentities : (await client.directory(signal)).meta.caaIdentities,
    register: (signal) => slots.run(signal, () => client.register(signal)),
    placeOrder: (need, signal) =>
      slots.run(signal, async () => {
        expectProvable(need, challenges)
        return placeOrder(client, known, { ...need, profile, signal })
      }),
    validate: (order, signal) => slots.run(signal, () => validateOrder(client, known, { ...order, signal })),
    finalize: ({ orderUrl }, csrDer, signal) =>
      slots.run(signal, () => finalizeOrder(client, known, { orderUrl, csrDer, preferredChain, signal })),
    revoke: (chainPem, signal) => slots.run(signal, () => revokeCertificate(client, { chainPem, signal })),
    renewalInfo: (chainPem, signal) => slots.run(signal, () => readRenewalInfo(client, { chainPem, signal })),
    rolloverAccountKey: (signal) => slots.run(signal, () => client.rolloverAccountKey(signal)),
    deactivateAccount: (signal) => slots.run(signal, () => client.deactivateAccount(signal)),
  }
}
