import { randomInt } from 'node:crypto'
import type { RecordType } from '@mooring/core'
import { CHECKING_DISABLED, type DecodedPacket, RECURSION_DESIRED, decode, encode } from 'dns-packet'

/** What fits through every network without fragments (DNS Flag Day 2020). */
const UDP_PAYLOAD_BYTES = 1232
const RESPONSE_BIT = 0x80
const TRUNCATED_BIT = 0x02

export interface Question {
  name: string
  type: RecordType | 'SOA' | 'DS'
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

export const newQuery = ({ name, type }: Question): Query => ({ id: randomInt(0x10000), name, type })

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

/** Lower case without the last dot; the root is the empty name. */
export const bare = (name: string): string => name.toLowerCase().replace(/\.$/, '')
