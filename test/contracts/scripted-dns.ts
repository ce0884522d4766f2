import { type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { freePorts } from '../services/free-ports.ts'

const TYPES = { A: 1, CNAME: 5, TXT: 16, AAAA: 28 } as const

/** A record of the name that was asked for. */
export interface ScriptedRecord {
  type: keyof typeof TYPES
  rdata: Buffer
}

export interface ScriptedAnswer {
  rcode?: number
  truncated?: boolean
  records?: ScriptedRecord[]
}

export const txt = (...strings: string[]): ScriptedRecord => ({
  type: 'TXT',
  rdata: Buffer.concat(strings.map((text) => Buffer.concat([Buffer.of(text.length), Buffer.from(text)]))),
})

/** An answer to the query, in wire format. */
export function answerTo(query: Buffer, { rcode = 0, truncated = false, records = [] }: ScriptedAnswer): Buffer {
  const question = query.subarray(12, endOfQuestion(query))
  const header = Buffer.from(query.subarray(0, 12))
  header.writeUInt16BE(0x8180 | (truncated ? 0x0200 : 0) | rcode, 2)
  header.writeUInt16BE(records.length, 6)
  header.writeUInt16BE(0, 8)
  header.writeUInt16BE(0, 10)
  return Buffer.concat([header, question, ...records.map(encodeRecord)])
}

/** True when the query offers EDNS (one additional record). */
export const offersEdns = (query: Buffer): boolean => query.readUInt16BE(10) === 1

function endOfQuestion(query: Buffer): number {
  let at = 12
  while (query.readUInt8(at) !== 0) at += query.readUInt8(at) + 1
  return at + 5
}

function encodeRecord({ type, rdata }: ScriptedRecord): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc00c, 0) // the name of the question
  head.writeUInt16BE(TYPES[type], 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(60, 6)
  head.writeUInt16BE(rdata.length, 10)
  return Buffer.concat([head, rdata])
}

export interface ScriptedDns {
  /** `ip:port`. */
  server: string
  /** Every query that came by UDP, with the port it came from. */
  queries: { message: Buffer; port: number }[]
  stop(): Promise<void>
}

export interface DnsScript {
  /** Called for every UDP query; sends what it likes, from the asked port (`reply`) or from another one (`forge`). */
  udp(query: Buffer, send: { reply(message: Buffer): void; forge(message: Buffer): void }, count: number): void
  /** What is written to a TCP client, length prefix included; nothing at all when null. */
  tcp?(query: Buffer): Buffer | null
  address?: '127.0.0.1' | '::1'
}

/** A DNS server over UDP and TCP that misbehaves as told. */
export async function startScriptedDns({
  udp,
  tcp = () => null,
  address = '127.0.0.1',
}: DnsScript): Promise<ScriptedDns> {
  const [port] = await freePorts(1)
  const type = address === '::1' ? 'udp6' : 'udp4'
  const [server, stranger] = [await bound(type, address, Number(port)), await bound(type, address, 0)]
  const queries: ScriptedDns['queries'] = []
  server.on('message', (message, from) => {
    queries.push({ message, port: from.port })
    const by = (socket: Socket) => (answer: Buffer) => socket.send(answer, from.port, from.address)
    udp(message, { reply: by(server), forge: by(stranger) }, queries.length)
  })

  const listener = createServer((socket) => {
    socket.on('error', () => socket.destroy()) // The resolver may leave at any moment.
    socket.on('data', (data) => {
      const answer = tcp(data.subarray(2))
      if (answer !== null) socket.write(answer)
    })
  })
  const sockets = new Set<{ destroy(): void }>()
  listener.on('connection', (socket) => sockets.add(socket))
  listener.listen(Number(port), address)
  await once(listener, 'listening')

  return {
    server: address === '::1' ? `[::1]:${port}` : `127.0.0.1:${(listener.address() as AddressInfo).port}`,
    queries,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await Promise.all([
        new Promise((resolve) => listener.close(resolve)),
        ...[server, stranger].map((socket) => new Promise<void>((resolve) => socket.close(resolve))),
      ])
    },
  }
}

export const withLength = (message: Buffer): Buffer => {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

async function bound(type: 'udp4' | 'udp6', address: string, port: number): Promise<Socket> {
  const socket = createSocket(type)
  socket.bind(port, address)
  await once(socket, 'listening')
  return socket
}
