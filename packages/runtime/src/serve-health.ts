import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Answers `/healthz` (200 while the process lives) and `/readyz` (200 or 503, by `isReady`) on a port of its own, for
 * the processes that have no other. Rejects when the port cannot be opened.
 */
export async function serveHealth(options: {
  host: string
  port: number
  isReady: () => boolean
}): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    const status = path === '/healthz' ? 200 : path === '/readyz' ? (options.isReady() ? 200 : 503) : 404
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(JSON.stringify({ status: status === 200 ? 'ok' : status === 503 ? 'not_ready' : 'not_found' }))
  })
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.listen(options.port, options.host, listening.resolve)
  await listening.promise
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      server.closeAllConnections()
      await closed.promise
    },
  }
}
