import { connect } from 'node:net'
import type { ServerAddress } from './server-address.ts'

/** An answer of more is nobody's zone at work; DNS itself would allow 64 kB. */
const MAX_ANSWER_BYTES = 16 * 1024

/**
 * Asks over TCP, where each message follows its length in two octets (RFC 1035 §4.2.2). Null when no whole answer came
 * within `timeoutMs` and before `signal` fired; `'oversized'` when the server announces more than 16 kB.
 */
export function exchangeOverTcp(
  message: Buffer,
  server: ServerAddress,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<Buffer | 'oversized' | null> {
  if (signal.aborted) return Promise.resolve(null)
  return new Promise((resolve) => {
    const socket = connect({ host: server.address, port: server.port, noDelay: true })
    const finish = (answer: Buffer | 'oversized' | null) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
      socket.destroy()
      resolve(answer)
    }
    const giveUp = () => finish(null)
    // One timer over everything: a server that sends an octet per second must not hold the lookup.
    const timer = setTimeout(giveUp, timeoutMs)
    signal.addEventListener('abort', giveUp)
    let received = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 2) return
      const length = received.readUInt16BE(0)
      if (length > MAX_ANSWER_BYTES) finish('oversized')
      else if (received.length >= length + 2) finish(received.subarray(2, length + 2))
    })
    socket.on('error', giveUp)
    socket.once('end', giveUp)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(message.length)
    socket.write(Buffer.concat([length, message]))
  })
}
