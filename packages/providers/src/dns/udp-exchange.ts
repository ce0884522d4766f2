import { createSocket } from 'node:dgram'
import type { ServerAddress } from './server-address.ts'

/**
 * Sends one datagram and hands what comes back to `read`, until that returns something. Null after `timeoutMs`, when
 * `signal` fires, or at once when the server's host refuses.
 *
 * The socket is new and connected: the kernel picks a random source port and drops whatever comes from another address
 * or port, which leaves a forger to guess port and id (RFC 5452 §9).
 */
export function exchangeOverUdp<T>(
  message: Buffer,
  server: ServerAddress,
  { timeoutMs, signal, read }: { timeoutMs: number; signal: AbortSignal; read: (answer: Buffer) => T | null },
): Promise<T | null> {
  if (signal.aborted) return Promise.resolve(null)
  return new Promise((resolve) => {
    const socket = createSocket(server.family === 6 ? 'udp6' : 'udp4')
    let finished = false
    const finish = (answer: T | null) => {
      if (finished) return
      finished = true
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
      socket.close()
      resolve(answer)
    }
    const giveUp = () => finish(null)
    const timer = setTimeout(giveUp, timeoutMs)
    signal.addEventListener('abort', giveUp)
    socket.on('message', (answer) => {
      const result = finished ? null : read(answer)
      if (result !== null) finish(result)
    })
    // No route, or "port unreachable" from the host: nobody answers there, and waiting would not change that.
    socket.on('error', giveUp)
    // As an event and not as connect's callback, which would be called for a failure as well.
    socket.once('connect', () => socket.send(message))
    socket.connect(server.port, server.address)
  })
}
