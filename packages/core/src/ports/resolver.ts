export type RecordType = 'TXT' | 'CNAME' | 'A' | 'AAAA' | 'CAA' | 'NS'

/**
 * One answer. `records` holds the whole chain: each CNAME on the way, then what stands at its end.
 * TXT values have their strings joined (RFC 7208 §3.3 does the same). Names are lower case without the last dot.
 *
 * - `servfail`  the server fails or refuses: neither proof nor absence
 * - `bogus`     the server fails because the zone's DNSSEC signatures do not hold; asked without validation it answers
 * - `loop`      CNAMEs lead back to themselves, or through more names than anybody needs
 */
export type DnsAnswer =
  | { kind: 'records'; records: DnsRecord[] }
  | { kind: 'no_data' }
  | { kind: 'nxdomain' }
  | { kind: 'servfail'; rcode: string }
  | { kind: 'timeout' }
  | { kind: 'bogus'; detail: string }
  | { kind: 'loop'; chain: string[] }

export interface DnsRecord {
  name: string
  type: RecordType
  /** As in a zone file; of a CAA record `0 issue "letsencrypt.org"`. */
  value: string
  ttlSeconds: number
  /** Of a CAA record only (RFC 8659 §4.1). */
  caa?: { critical: boolean; tag: string; value: string }
}

/** What the servers of the name's own zone say. */
export interface Lookup {
  /** The word of the servers that agree, or of most of them. */
  answer: DnsAnswer
  /** Servers with another word: a change is still spreading within the zone, or one of them is broken. */
  dissenting: { server: string; answer: DnsAnswer }[]
  /** Whom the answer comes from, as `name (ip)` or `ip:port`. */
  servers: string[]
  /** The zone's SOA serial where the answer carried it, as negative ones do (RFC 2308 §3). */
  serial: number | null
}

/** The zone that a name lies in: what is below the closest zone cut. */
export interface ZoneFacts {
  /** Its apex. */
  name: string
  /** Names of its servers, as the parent delegates them; sorted. */
  nameServers: string[]
  serial: number | null
  /** For how long resolvers remember that a name is not there (RFC 2308 §5). */
  negativeTtlSeconds: number | null
  /** `bogus`: signed, and validating resolvers refuse it. `unknown`: no validating resolver could be asked. */
  dnssec: 'signed' | 'unsigned' | 'bogus' | 'unknown'
}

/**
 * Asks DNS. Two kinds of servers are asked: those of the zone itself, which no cache stands between, and recursive
 * resolvers, through which the world sees the name. `MOORING_DNS_SERVERS` replaces both: those servers are asked as
 * they are.
 *
 * No method throws for what DNS may do, and each is bounded in time, in queries and in what it reads.
 */
export interface Resolver {
  /** Recursive resolvers, as `ip:port`. */
  readonly servers: readonly string[]
  /** Asks every server of the name's zone, and follows CNAMEs into other zones. */
  lookup(name: string, type: RecordType): Promise<Lookup>
  /** As `lookup`, but content with the first server that answers: for proof that is only to be confirmed. */
  lookupAtOne(name: string, type: RecordType): Promise<Lookup>
  /** Asks one recursive resolver. A failure that goes away without validation is `bogus`. */
  ask(name: string, type: RecordType, server: string): Promise<DnsAnswer>
  /** Null when the zone cannot be found: no server on the way down answers. */
  zoneOf(name: string): Promise<ZoneFacts | null>
}
