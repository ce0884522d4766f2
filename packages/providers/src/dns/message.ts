import { randomInt } from 'node:crypto'
import type { DnsAnswer, DnsRecord, RecordType } from '@mooring/core'
import { type DecodedPacket, RECURSION_DESIRED, type Record, decode, encode } from 'dns-packet'

/** What fits through every network without fragments (DNS Flag Day 2020). */
const UDP_PAYLOAD_BYTES = 1232
const RESPONSE_BIT = 0x80
const TRUNCATED_BIT = 0x02

/** One question, with the id that its answer must carry. */
export interface Query {
  id: number
  name: string
  type: RecordType
}

export const newQuery = (name: string, type: RecordType): Query => ({ id: randomInt(0x10000), name, type })

/** A name that DNS cannot carry (RFC 1035 §2.3.4), and so cannot exist. */
export function isUnaskable(name: string): boolean {
  return name.length > 253 || !/^[\x21-\x7e]+$/.test(name) || name.split('.').some((label) => !/^.{1,63}$/.test(label))
}

/** The query in wire format. `edns` offers room for larger answers (RFC 6891); a few old servers refuse that. */
export function encodeQuery({ id, name, type }: Query, { edns }: { edns: boolean }): Buffer {
  const offer = { name: '.', type: 'OPT', udpPayloadSize: UDP_PAYLOAD_BYTES, flags: 0, options: [] }
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name, type, class: 'IN' }],
    additionals: edns ? [offer] : [],
  })
}

/** True for an answer to this query that did not fit; asked before decoding, because it may be cut anywhere. */
export function isTruncated(message: Buffer, query: Query): boolean {
  if (message.length < 12 || message.readUInt16BE(0) !== query.id) return false
  const flags = message.readUInt8(2)
  return (flags & RESPONSE_BIT) !== 0 && (flags & TRUNCATED_BIT) !== 0
}

/** The answer to this query; null for anything else (garbage, another id, another question), which is ignored. */
export function readAnswer(message: Buffer, query: Query): DecodedPacket | null {
  const packet = decodeIfWhole(message)
  if (packet === null || packet.type !== 'response' || packet.id !== query.id) return null
  const [question] = packet.questions
  const isOurs =
    packet.questions.length === 1 && question?.type === query.type && bare(question.name) === bare(query.name)
  return isOurs ? packet : null
}

function decodeIfWhole(message: Buffer): DecodedPacket | null {
  try {
    return decode(message)
  } catch {
    return null // Not DNS: somebody else's packet, or a broken server's. Both are as good as silence.
  }
}

/** What the answer means. */
export function toDnsAnswer({ rcode, answers }: DecodedPacket): DnsAnswer {
  const records = answers.map(toRecord).filter((record) => record !== null)
  // NXDOMAIN after a CNAME is about the target (RFC 6604 §3): the name itself exists, and the chain tells the rest.
  if ((rcode === 'NOERROR' || rcode === 'NXDOMAIN') && records.length > 0) return { kind: 'records', records }
  if (rcode === 'NOERROR') return { kind: 'no_data' }
  if (rcode === 'NXDOMAIN') return { kind: 'nxdomain' }
  return { kind: 'servfail', rcode }
}

function toRecord({ name, type, ttl, data }: Record): DnsRecord | null {
  const ttlSeconds = ttl ?? 0
  if (type === 'TXT') {
    const value = Buffer.concat([data].flat().map((part) => Buffer.from(part as Buffer))).toString('utf8')
    return { name: bare(name), type, value, ttlSeconds }
  }
  if (type === 'A' || type === 'AAAA' || type === 'CNAME') {
    return { name: bare(name), type, value: bare(String(data)), ttlSeconds }
  }
  return null
}

/** Lower case without the last dot. */
const bare = (name: string): string => name.toLowerCase().replace(/\.$/, '')
