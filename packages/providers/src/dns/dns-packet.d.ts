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
    /** Strings for A, AAAA and CNAME; the character-strings for TXT. */
    data?: unknown
    udpPayloadSize?: number
    flags?: number
    options?: unknown[]
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
    /** Name of the response code, such as `NOERROR`. */
    rcode: string
    answers: Record[]
  }

  export const RECURSION_DESIRED: number
  export function encode(packet: Packet): Buffer
  /** Throws for what is not a whole DNS message. */
  export function decode(message: Buffer): DecodedPacket
}
