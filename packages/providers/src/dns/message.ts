import { randomInt } from 'node:crypto'
import type { RecordType } from '@mooring/core'
import { CHECKING_DISABLED, type DecodedPacket, RECURSION_DESIRED, decode, encode } from 'dns-packet'

/** What fits through every network without fragments (DNS Flag Day 2020). */
const UDP_PAYLOAD_BYTES = 1232
const HEADER_BYTES = 12
/** The root's name, type, class, TTL and length (RFC 1035 §4.1.3): no record is shorter. */
const LEAST_RECORD_BYTES = 11
const RESPONSE_BIT = 0x80
const TRUNCATED_BIT = 0x02
const RCODE_BITS = 0x0f
/** FORMERR, and NOTIMP from servers older than the RFC. */
const NO_EDNS = [1, 4]

export interface Question {
  name: string
  type: RecordType | 'SOA' | 'DS'
}

/** A question that ports know of. */
export interface RecordQuestion extends Question {
  type: RecordType
}

/** One question, with the id that its answer must carry. */
export interface Query extends Question {
  id: number
}

/**
 * How a server is asked: `iterative` of a zone's own servers, `recursive` of a resolver, and `unchecked` of one that
 * shall answer although DNSSEC says no (RFC 4035 §3.2.2).
 */
export type Manner = 'iterative' | 'recursive' | 'unchecked'

const FLAGS: Record<Manner, number> = {
  iterative: 0,
  recursive: RECURSION_DESIRED,
  unchecked: RECURSION_DESIRED | CHECKING_DISABLED,
}

export const newQuery = ({ name, type }: Question): Query => ({ id: randomInt(0x10000), name: bare(name), type })

/**
 * With the letters of the name in upper or lower case at random: servers send the question back as it came, and a forger
 * has that to guess as well (draft-vixie-dnsext-dns0x20).
 */
export function withRandomCase({ id, name, type }: Query): Query {
  const letters = Array.from(name, (letter) => (randomInt(2) === 0 ? letter : letter.toUpperCase()))
  return { id, name: letters.join(''), type }
}

/** A name that DNS cannot carry (RFC 1035 §2.3.4), and so cannot exist. */
export function isUnaskable(name: string): boolean {
  return name.length > 253 || !/^[\x21-\x7e]+$/.test(name) || name.split('.').some((label) => !/^.{1,63}$/.test(label))
}

/** The query in wire format. `edns` offers room for larger answers (RFC 6891); a few old servers refuse that. */
export function encodeQuery({ id, name, type }: Query, { edns, manner }: { edns: boolean; manner: Manner }): Buffer {
  const offer = { name: '.', type: 'OPT', udpPayloadSize: UDP_PAYLOAD_BYTES, flags: 0, options: [] }
  return encode({
    type: 'query',
    id,
    flags: FLAGS[manner],
    questions: [{ name: name === '' ? '.' : name, type, class: 'IN' }],
    additionals: edns ? [offer] : [],
  })
}

/** True for an answer to this query that did not fit; asked before decoding, because it may be cut anywhere. */
export const isTruncated = (message: Buffer, query: Query): boolean =>
  isResponse(message, query) && (message.readUInt8(2) & TRUNCATED_BIT) !== 0

/**
 * True for a server that cannot read a query with EDNS; asked before decoding, because some leave the question out of such
 * an answer (RFC 6891 §7).
 */
export const refusesEdns = (message: Buffer, query: Query): boolean =>
  isResponse(message, query) && NO_EDNS.includes(message.readUInt8(3) & RCODE_BITS)

/** The answer to this query; null for anything else (garbage, another id, another question), which is ignored. */
export function readAnswer(message: Buffer, query: Query): DecodedPacket | null {
  const packet = isResponse(message, query) && isPlausible(message) ? decodeIfWhole(message) : null
  const question = packet?.questions[0]
  return question?.type === query.type && bare(question.name) === bare(query.name) ? packet : null
}

/** Whether it repeats the question letter by letter; a few servers do not, and no forger knows how. */
export const keepsCase = ({ questions: [question] }: DecodedPacket, { name }: Query): boolean =>
  question?.name.replace(/\.$/, '') === name

const isResponse = (message: Buffer, { id }: Query): boolean =>
  message.length >= HEADER_BYTES && message.readUInt16BE(0) === id && (message.readUInt8(2) & RESPONSE_BIT) !== 0

/**
 * One question, and no more records than there is room for. Otherwise the decoder would believe a message of 23 octets
 * that it holds 196,605 records, and be busy with them for a third of a second.
 */
function isPlausible(message: Buffer): boolean {
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10)
  return message.readUInt16BE(4) === 1 && records * LEAST_RECORD_BYTES <= message.length - HEADER_BYTES
}

function decodeIfWhole(message: Buffer): DecodedPacket | null {
  try {
    return decode(message)
  } catch {
    return null // Not DNS: somebody else's packet, or a broken server's. Both are as good as silence.
  }
}

/** Lower case without the last dot; the root is the empty name. */
export const bare = (name: string): string => name.toLowerCase().replace(/\.$/, '')
