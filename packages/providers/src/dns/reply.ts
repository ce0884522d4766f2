import type { DnsAnswer, DnsRecord } from '@mooring/core'
import type { DecodedPacket, Record } from 'dns-packet'
import { recordsAlong } from './alias-chain.ts'
import { type Question, bare } from './message.ts'

/** Hostile zones answer with thousands of records: more than these are not looked at. */
const MOST_RECORDS = 500
const MOST_TEXT = 200
/** Number of the option, in the OPT record. */
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
  extendedError: ExtendedError | null
}

/** Why a server fails, if it says so (RFC 8914 §2). */
export interface ExtendedError {
  /** §4: 6 is "DNSSEC bogus", 22 "no reachable authority". */
  code: number
  text: string
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
    extendedError: extendedErrorIn(additionals),
  }
}

/** What the reply means for the name that was asked for. Records of other names are not an answer, whatever they say. */
export function toDnsAnswer({ rcode, answers }: Pick<Reply, 'rcode' | 'answers'>, question: Question): DnsAnswer {
  const records = recordsAlong(question, answers)
  // NXDOMAIN after a CNAME is about the target (RFC 6604 §3): the name itself exists, and the chain tells the rest.
  if ((rcode === 'NOERROR' || rcode === 'NXDOMAIN') && records.length > 0) return { kind: 'records', records }
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

function extendedErrorIn(additionals: Record[]): ExtendedError | null {
  const options = additionals.flatMap(({ type, options = [] }) => (type === 'OPT' ? options : []))
  const error = options.find(({ code, data }) => code === EXTENDED_ERROR && data !== undefined && data.length >= 2)
  if (error?.data === undefined) return null
  const text = error.data
    .subarray(2)
    .toString('utf8')
    .replaceAll(/[^\x20-\x7e]/g, '')
  return { code: error.data.readUInt16BE(0), text: text.slice(0, MOST_TEXT) }
}
