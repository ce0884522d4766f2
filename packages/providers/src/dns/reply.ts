import type { DnsAnswer, DnsRecord } from '@mooring/core'
import type { DecodedPacket, Record } from 'dns-packet'
import { bare } from './message.ts'

/** Hostile zones answer with thousands of records: more than these are not looked at. */
const MOST_RECORDS = 500
/** RFC 8914 §2: an option of the OPT record that says why. */
const EXTENDED_ERROR = 15

/** What one server said, in our own terms. */
export interface Reply {
  rcode: string
  isAuthoritative: boolean
  answers: DnsRecord[]
  /** NS records of the authority section: where a referral leads. */
  referral: DnsRecord[]
  /** Addresses of the additional section. */
  glue: DnsRecord[]
  soa: Soa | null
  hasDs: boolean
  /** Extended DNS Error, if the server gave one. */
  explanation: string | null
}

export interface Soa {
  zone: string
  serial: number
  negativeTtlSeconds: number
}

export function toReply({ rcode, flag_aa, answers, authorities, additionals }: DecodedPacket): Reply {
  const soa = [...answers, ...authorities].find(({ type }) => type === 'SOA')
  return {
    rcode,
    isAuthoritative: flag_aa,
    answers: toRecords(answers),
    referral: toRecords(authorities).filter(({ type }) => type === 'NS'),
    glue: toRecords(additionals).filter(({ type }) => type === 'A' || type === 'AAAA'),
    soa: soa === undefined ? null : toSoa(soa),
    hasDs: answers.some(({ type }) => type === 'DS'),
    explanation: explanationIn(additionals),
  }
}

/** What the reply means for the name that was asked for. */
export function toDnsAnswer({ rcode, answers }: Pick<Reply, 'rcode' | 'answers'>): DnsAnswer {
  // NXDOMAIN after a CNAME is about the target (RFC 6604 §3): the name itself exists, and the chain tells the rest.
  if ((rcode === 'NOERROR' || rcode === 'NXDOMAIN') && answers.length > 0) return { kind: 'records', records: answers }
  if (rcode === 'NOERROR') return { kind: 'no_data' }
  if (rcode === 'NXDOMAIN') return { kind: 'nxdomain' }
  return { kind: 'servfail', rcode }
}

const toRecords = (records: Record[]): DnsRecord[] =>
  records
    .slice(0, MOST_RECORDS)
    .map(toRecord)
    .filter((record) => record !== null)

function toRecord({ name, type, ttl, data }: Record): DnsRecord | null {
  const common = { name: bare(name), ttlSeconds: ttl ?? 0 }
  switch (type) {
    case 'TXT': {
      const value = Buffer.concat([data].flat().map((part) => Buffer.from(part as Buffer))).toString('utf8')
      return { ...common, type, value }
    }
    case 'A':
    case 'AAAA':
    case 'CNAME':
    case 'NS':
      return { ...common, type, value: bare(String(data)) }
    case 'CAA': {
      const { flags, tag, value } = data as { flags: number; tag: string; value: string }
      const caa = { critical: (flags & 0x80) !== 0, tag: tag.toLowerCase(), value }
      return { ...common, type, value: `${flags} ${caa.tag} "${value}"`, caa }
    }
    default:
      return null
  }
}

function toSoa({ name, ttl, data }: Record): Soa {
  const { serial, minimum } = data as { serial: number; minimum: number }
  return { zone: bare(name), serial, negativeTtlSeconds: Math.min(ttl ?? minimum, minimum) }
}

function explanationIn(additionals: Record[]): string | null {
  const options = additionals.flatMap(({ type, options = [] }) => (type === 'OPT' ? options : []))
  const error = options.find(({ code, data }) => code === EXTENDED_ERROR && data !== undefined && data.length >= 2)
  if (error?.data === undefined) return null
  const text = error.data
    .subarray(2)
    .toString('utf8')
    .replaceAll(/[^\x20-\x7e]/g, '')
    .slice(0, 200)
  return text === '' ? `extended error ${error.data.readUInt16BE(0)}` : text
}
