/** All records of one name and type (RFC 2181 §5). */
export interface RecordSet {
  /** Lower case, without the last dot. */
  name: string
  type: 'A' | 'AAAA' | 'CNAME' | 'TXT'
  ttlSeconds: number
  /** Names without the last dot; TXT values as one string each, without quotes. */
  values: string[]
}

/**
 * A DNS host's API, for one account. Every call is safe to repeat and throws `DnsProviderProblem` for whatever the host
 * refuses or fails to do; nothing else.
 */
export interface DnsProvider {
  readonly name: DnsProviderName
  /** The apex of the zone of this account that holds the name, the longest match; null when it holds none. */
  findZone(name: string, signal: AbortSignal): Promise<string | null>
  /** Every record set at exactly this name, of the types above. */
  list(zone: string, name: string, signal: AbortSignal): Promise<RecordSet[]>
  /** Makes the set exactly this one, whatever stood there. */
  upsert(zone: string, set: RecordSet, signal: AbortSignal): Promise<void>
  /** A set that is not there is no error. */
  remove(zone: string, set: Pick<RecordSet, 'name' | 'type'>, signal: AbortSignal): Promise<void>
}

export const DNS_PROVIDERS = ['powerdns', 'rfc2136', 'cloudflare', 'route53', 'digitalocean'] as const
export type DnsProviderName = (typeof DNS_PROVIDERS)[number]

/**
 * - `unauthorized`  the credentials are wrong or may not do this: the operator must act
 * - `refused`       the host understands and declines (a conflicting record, a name that is not valid there)
 * - `rate_limited`  come back at `retryAt`
 * - `unavailable`   no answer, or not one that makes sense
 */
export class DnsProviderProblem extends Error {
  override readonly name = 'DnsProviderProblem'
  readonly kind: 'unauthorized' | 'refused' | 'rate_limited' | 'unavailable'
  readonly retryAt: Date | null

  constructor(
    kind: DnsProviderProblem['kind'],
    detail: string,
    { retryAt = null, cause }: { retryAt?: Date | null; cause?: unknown } = {},
  ) {
    super(detail, cause === undefined ? undefined : { cause })
    this.kind = kind
    this.retryAt = retryAt
  }
}
