import { type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { freePorts } from '../services/free-ports.ts'

const TYPES = { A: 1, NS: 2, CNAME: 5, TXT: 16, AAAA: 28, OPT: 41 } as const

export interface ScriptedRecord {
  /** The name that was asked for, if not given. */
  name?: string
  type: keyof typeof TYPES
  rdata: Buffer
}

export interface ScriptedAnswer {
  rcode?: number
  truncated?: boolean
  authoritative?: boolean
  records?: ScriptedRecord[]
  /** Of the authority section, such as a referral's NS records. */
  authorities?: ScriptedRecord[]
  /** Of the additional section, such as glue. */
  additionals?: ScriptedRecord[]
}

export const txt = (...strings: string[]): ScriptedRecord => ({
  type: 'TXT',
  rdata: Buffer.concat(strings.map((text) => Buffer.concat([Buffer.of(text.length), Buffer.from(text)]))),
})

export const a = (address: string, name?: string): ScriptedRecord => ({
  type: 'A',
  rdata: Buffer.from(address.split('.').map(Number)),
  ...(name === undefined ? {} : { name }),
})

/** A CNAME or an NS record. */
export const pointer = (type: 'CNAME' | 'NS', target: string, name?: string): ScriptedRecord => ({
  type,
  rdata: encodeName(target),
  ...(name === undefined ? {} : { name }),
})

/** Why a resolver fails (RFC 8914). */
export const extendedError = (code: number, text: string): ScriptedRecord => ({
  type: 'OPT',
  name: '',
  rdata: Buffer.concat([Buffer.of(0, 15, 0, text.length + 2, 0, code), Buffer.from(text)]),
})

/** An answer to the query, in wire format. */
export function answerTo(query: Buffer, answer: ScriptedAnswer): Buffer {
  const { rcode = 0, truncated = false, authoritative = false } = answer
  const sections = [answer.records ?? [], answer.authorities ?? [], answer.additionals ?? []]
  const question = query.subarray(12, endOfQuestion(query))
  const header = Buffer.from(query.subarray(0, 12))
  header.writeUInt16BE(0x8180 | (authoritative ? 0x0400 : 0) | (truncated ? 0x0200 : 0) | rcode, 2)
  for (const [index, section] of sections.entries()) header.writeUInt16BE(section.length, 6 + 2 * index)
  return Buffer.concat([header, question, ...sections.flat().map(encodeRecord)])
}

/** In lower case, without the last dot. */
export function nameIn(query: Buffer): string {
  const labels = []
  for (let at = 12; query.readUInt8(at) !== 0; at += query.readUInt8(at) + 1) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query.readUInt8(at)))
  }
  return labels.join('.').toLowerCase()
}

/** True when the query offers EDNS (one additional record). */
export const offersEdns = (query: Buffer): boolean => query.readUInt16BE(10) === 1

/** True when the query asks a resolver to leave signatures alone (CD). */
export const isUnchecked = (query: Buffer): boolean => (query.readUInt8(3) & 0x10) !== 0

function endOfQuestion(query: Buffer): number {
  let at = 12
  while (query.readUInt8(at) !== 0) at += query.readUInt8(at) + 1
  return at + 5
}

function encodeRecord({ name, type, rdata }: ScriptedRecord): Buffer {
  const owner = name === undefined ? Buffer.of(0xc0, 0x0c) : encodeName(name) // a pointer to the question's
  const head = Buffer.alloc(10)
  head.writeUInt16BE(TYPES[type], 0)
  head.writeUInt16BE(1, 2)
  head.writeUInt32BE(60, 4)
  head.writeUInt16BE(rdata.length, 8)
  return Buffer.concat([owner, head, rdata])
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  const encoded = labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]))
  return Buffer.concat([...encoded, Buffer.of(0)])
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
  /** Of the loopback; 127.0.0.1 if not given. */
  address?: string
  /** Free at that address; any if not given. */
  port?: number
}

/** A DNS server over UDP and TCP that misbehaves as told. */
export async function startScriptedDns({
  udp,
  tcp = () => null,
  address = '127.0.0.1',
  port,
}: DnsScript): Promise<ScriptedDns> {
  const at = port ?? (await freePorts(1))[0] ?? 0
  const type = address === '::1' ? 'udp6' : 'udp4'
  const [server, stranger] = [await bound(type, address, at), await bound(type, address, 0)]
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
  listener.listen(at, address)
  await once(listener, 'listening')

  return {
    server: address === '::1' ? `[::1]:${at}` : `${address}:${at}`,
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
