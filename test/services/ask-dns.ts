import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, TXT: 16, AAAA: 28 } as const
const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']
const RECURSION_DESIRED = 0x0100
const CHECKING_DISABLED = 0x0010

export interface Asked {
  rcode: string
  /** AA: from the zone's own server. */
  authoritative: boolean
  /** AD: the resolver has validated it (RFC 4035 §3.2.3). */
  validated: boolean
  answers: number
}

/**
 * One question over UDP, for what `node:dns` does not tell: the flags. `unvalidated` asks the resolver to answer
 * whatever the signatures say (CD). Rejects when nobody listens, or no answer comes within two seconds.
 */
export async function askDns(
  server: string,
  name: string,
  type: keyof typeof TYPES,
  { unvalidated = false }: { unvalidated?: boolean } = {},
): Promise<Asked> {
  const [address, port] = server.split(':')
  const socket = createSocket('udp4')
  try {
    // Connected, so that a closed port is an error at once.
    socket.connect(Number(port), address)
    await once(socket, 'connect')
    socket.send(encode(name, TYPES[type], unvalidated ? CHECKING_DISABLED : 0))
    const [message] = (await once(socket, 'message', { signal: AbortSignal.timeout(2000) })) as [Buffer]
    const flags = message.readUInt16BE(2)
    return {
      rcode: RCODES[flags & 0xf] ?? String(flags & 0xf),
      authoritative: (flags & 0x0400) !== 0,
      validated: (flags & 0x0020) !== 0,
      answers: message.readUInt16BE(6),
    }
  } finally {
    socket.close()
  }
}

/** RFC 1035 §4.1: header and question. AD in the query asks for AD in the answer (RFC 6840 §5.7). */
function encode(name: string, type: number, flags: number): Buffer {
  const header = Buffer.alloc(12)
  randomBytes(2).copy(header)
  header.writeUInt16BE(RECURSION_DESIRED | 0x0020 | flags, 2)
  header.writeUInt16BE(1, 4)
  const labels = name.split('.').filter((label) => label !== '')
  const question = labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]))
  return Buffer.concat([header, ...question, Buffer.of(0, 0, type, 0, 1)])
}
