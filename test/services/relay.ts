import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, connect } from 'node:net'

export interface Relay {
  port: number
  stop(): Promise<void>
}

/**
 * Hands every connection of `server` on to a Unix socket, which reaches processes in another network namespace. Listens on
 * a free port of 127.0.0.1. A connection that nobody takes is closed.
 */
export async function startRelay(server: Server, socketPath: string): Promise<Relay> {
  const open = new Set<Socket>()
  // `secureConnection` for TLS: its `connection` comes before the handshake.
  server.on('setSecureContext' in server ? 'secureConnection' : 'connection', (outer: Socket) => {
    const inner = connect(socketPath)
    for (const [socket, other] of [[outer, inner] as const, [inner, outer] as const]) {
      open.add(socket)
      socket.on('error', () => other.destroy()) // Whoever is on the other side sees the connection end.
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
    outer.pipe(inner).pipe(outer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
