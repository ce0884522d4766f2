import { isIP } from 'node:net'
import { z } from 'zod'
import type { SealedKey } from '../certificate/sealed-key.ts'

const base64 = z
  .string()
  .max(4096)
  .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'This is not Base64.')
const secret = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, 'Printable characters only, without spaces.')
/** `ip:port`, IPv6 in brackets. */
const server = z.string().refine(isServer, 'Write ip:port, IPv6 in brackets.')

/** Parsed here once: whatever a URL parser drops or folds silently is refused before it. */
const apiUrl = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[\w\-.~:/?#[\]@!$&()*+,;=%]+$/, 'Write http:// or https:// and a host, without spaces.')
  .refine((text) => {
    const url = URL.parse(text)
    return url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  }, 'Leave user, password, query and fragment out of the URL.')

/**
 * How to reach the account that holds a managed zone. `credentials` are write-only: they are sealed when they arrive
 * and never shown again.
 */
export const dnsAccountSchema = z.discriminatedUnion('provider', [
  z.strictObject({
    provider: z.literal('powerdns'),
    url: apiUrl.describe('Of the HTTP API, such as http://10.0.0.2:8081.'),
    server_id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
      .default('localhost'),
    credentials: z.strictObject({ api_key: secret }),
  }),
  z.strictObject({
    provider: z.literal('rfc2136'),
    server: server.describe('The primary that takes updates (RFC 2136).'),
    key_name: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$/)
      .describe('Name of the TSIG key (RFC 8945).'),
    algorithm: z.enum(['hmac-sha256', 'hmac-sha512']).default('hmac-sha256'),
    credentials: z.strictObject({ secret: base64 }),
  }),
  z.strictObject({ provider: z.literal('cloudflare'), credentials: z.strictObject({ api_token: secret }) }),
  z.strictObject({
    provider: z.literal('route53'),
    credentials: z.strictObject({ access_key_id: secret, secret_access_key: secret }),
  }),
  z.strictObject({ provider: z.literal('digitalocean'), credentials: z.strictObject({ token: secret }) }),
])

function isServer(text: string): boolean {
  const [, v4, v6, port] = /^(?:([0-9.]+)|\[([0-9a-fA-F:.]+)\]):([1-9]\d{0,4})$/.exec(text) ?? []
  return (isIP(v4 ?? '') === 4 || isIP(v6 ?? '') === 6) && Number(port) <= 65_535
}

export type DnsAccount = z.output<typeof dnsAccountSchema>

/** An account without its credentials: what may be shown. */
export type DnsAccountSettings = DnsAccount extends infer Account
  ? Account extends DnsAccount
    ? Omit<Account, 'credentials'>
    : never
  : never

/** A zone the platform controls: names in it need no human step. */
export interface DnsZone {
  /** `zone_` and a UUIDv7. */
  id: string
  /** Its apex. */
  name: string
  /** The tenant that may use it; null for every tenant. */
  tenant: string | null
  account: DnsAccountSettings
  createdAt: Date
}

/** As stored: the credentials are sealed (binding: zone id, `dns-credentials`), JSON inside. */
export interface StoredDnsZone extends DnsZone {
  sealedCredentials: SealedKey
}
