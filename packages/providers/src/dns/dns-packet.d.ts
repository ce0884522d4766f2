/** What Mooring uses of dns-packet 5.6, which brings no types of its own. */
declare module 'dns-packet' {
  export interface Question {
    type: string
    name: string
    class?: string
  }

  export interface Record {
    type: string
    name: string
    ttl?: number
    class?: string
    /** Strings for A, AAAA, CNAME and NS; the character-strings for TXT; objects for CAA and SOA. */
    data?: unknown
    udpPayloadSize?: number
    flags?: number
    /** Of an OPT record. */
    options?: { code: number; data?: Buffer }[]
  }

  export interface Packet {
    id: number
    type: 'query' | 'response'
    flags: number
    questions: Question[]
    additionals?: Record[]
  }

  export interface DecodedPacket extends Required<Packet> {
    flag_tc: boolean
    flag_aa: boolean
    /** Name of the response code, such as `NOERROR`. */
    rcode: string
    answers: Record[]
    authorities: Record[]
  }

  export const RECURSION_DESIRED: number
  export const CHECKING_DISABLED: number
  export function encode(packet: Packet): Buffer
  /** Throws for what is not a whole DNS message. Compression pointers lead backwards only, so that it always ends. */
  export function decode(message: Buffer): DecodedPacket
}
