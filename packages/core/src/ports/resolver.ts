export type RecordType = 'TXT' | 'CNAME' | 'A' | 'AAAA'

/**
 * One server's answer. `records` holds the whole answer section: a CNAME chain is followed by the reader.
 * TXT values have their strings joined (RFC 7208 §3.3 does the same). Names are lower case without the last dot.
 */
export type DnsAnswer =
  | { kind: 'records'; records: DnsRecord[] }
  | { kind: 'no_data' }
  | { kind: 'nxdomain' }
  | { kind: 'servfail'; rcode: string }
  | { kind: 'timeout' }

export interface DnsRecord {
  name: string
  type: RecordType
  value: string
  ttlSeconds: number
}

export interface Resolver {
  /** Servers that `lookup` may be asked about, as `ip:port`. */
  readonly servers: readonly string[]
  /** Asks one server, over TCP when the answer is truncated. Never throws for what DNS may do. */
  lookup(name: string, type: RecordType, server: string): Promise<DnsAnswer>
}
