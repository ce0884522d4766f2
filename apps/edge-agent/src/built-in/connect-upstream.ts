import { type Socket, connect as connectPlain, isIP } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { ResolvedUpstream, ServedService } from '@mooring/core'

/** Where requests may go: any of these servers. */
export interface Destination {
  servers: ServedService['servers']
  /** Null over http. */
  tls: Pick<ConnectionOptions, 'servername' | 'rejectUnauthorized'> | null
}

// As long as nginx waits (`proxy_connect_timeout`).
const CONNECT_MS = 5_000

export function destinationOfTarget({ scheme, host, port, addresses }: ResolvedUpstream): Destination {
  // A target given by its address has no name to verify, as with nginx.
  const tls = isIP(host) === 0 ? { servername: host } : { rejectUnauthorized: false }
  return { servers: addresses.map((address) => ({ address, port })), tls: scheme === 'https' ? tls : null }
}

export function destinationOfService({ scheme, tlsName, servers }: ServedService): Destination {
  // Without a name Node compares the address, which hardly a certificate has: refused rather than unverified.
  const tls = tlsName !== null && isIP(tlsName) === 0 ? { servername: tlsName } : {}
  return { servers, tls: scheme === 'https' ? tls : null }
}

/**
 * A connection to one of the servers, drawn anew each time; null where none takes one. Nothing of a request has been
 * sent until it stands, so that each may be tried.
 */
export async function connectUpstream({ servers, tls }: Destination, signal: AbortSignal): Promise<Socket | null> {
  const first = Math.floor(Math.random() * servers.length)
  for (const { address: host, port } of [...servers.slice(first), ...servers.slice(0, first)]) {
    if (signal.aborted) return null
    const socket =
      tls === null ? connectPlain({ host, port }) : connectTls({ host, port, ...tls, ALPNProtocols: ['http/1.1'] })
    if (await stands(socket, tls === null ? 'connect' : 'secureConnect', signal)) return socket
  }
  return null
}

async function stands(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const fail = (): void => resolve(false)
  const timer = setTimeout(fail, CONNECT_MS)
  socket.once(event, () => resolve(true))
  socket.once('error', fail)
  socket.once('close', fail)
  signal.addEventListener('abort', fail, { once: true })
  const isThere = await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', fail)
  // Its listener for errors stays, since who asks for the connection adds another only a moment later.
  if (!isThere) socket.destroy()
  return isThere
}
