import { isIP } from 'node:net'
import { type TLSSocket, connect } from 'node:tls'
import { SECOND, type TlsAnswer, type TlsProbe, refusalOf } from '@mooring/core'
import { answerTo } from '../http-probe/answer-to.ts'

export interface TlsProbeOptions {
  /** CIDRs that are asked although they are private. */
  allow: readonly string[]
  port?: number
  /** From the first packet to the end of the handshake. */
  timeoutMs?: number
}

/** One handshake over a connection of its own, closed before a byte is sent over it. */
export function createTlsProbe({ allow, port = 443, timeoutMs = 3 * SECOND }: TlsProbeOptions): TlsProbe {
  return {
    async certificateAt({ hostname, address, port: given = port }, signal) {
      signal.throwIfAborted()
      // Text such as `0x7f.1` passes for an address with the rules, but Node would look it up.
      if (isIP(address) === 0 || refusalOf(address, { allow }) !== null) {
        return { kind: 'forbidden', detail: `${address} is not a public address` }
      }
      // Whoever signed it, the certificate is what is asked for: its validity is not judged here.
      const socket = connect({ host: address, port: given, servername: hostname, rejectUnauthorized: false })
      return handshake(socket, { timeoutMs, signal })
    },
  }
}

function handshake(
  socket: TLSSocket,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<TlsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<TlsAnswer>()
  const tooLate = { kind: 'unreachable' as const, detail: `no answer within ${timeoutMs / SECOND} s` }
  const timer = setTimeout(() => resolve(tooLate), timeoutMs)
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })

  socket.once('secureConnect', () => resolve(shownBy(socket)))
  // On, not once: the end of a connection may bring several, and one that nobody hears ends the process.
  socket.on('error', (error) => resolve(isRefusal(error) ? { kind: 'refused' } : answerTo(error, tooLate)))
  socket.once('close', () => resolve({ kind: 'refused' }))

  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    socket.destroy()
  })
}

function shownBy(socket: TLSSocket): TlsAnswer {
  const leaf = socket.getPeerX509Certificate()
  if (leaf === undefined) return { kind: 'refused' }
  return { kind: 'served', serial: leaf.serialNumber.toUpperCase(), notAfter: new Date(leaf.validTo) }
}

/** Some servers say no in TLS's own words (RFC 8446 §6.2), such as `unrecognized_name`; others hang up. */
const isRefusal = ({ code = '', message }: NodeJS.ErrnoException): boolean =>
  code === 'ECONNRESET' || code === 'EPIPE' || /SSL alert number \d+/.test(message)
