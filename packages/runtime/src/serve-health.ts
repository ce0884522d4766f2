import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { carriesToken } from './metrics/bearer-token.ts'
import { METRICS_CONTENT_TYPE, type Meter } from './metrics/meter.ts'
import type { Readiness } from './readiness.ts'

export interface HealthOptions {
  host: string
  /** Nothing is served without one. */
  port: number | undefined
  readiness: () => Promise<Readiness>
  meter: Meter
  /** Asked of whoever wants `/metrics`. This port is for the machine room: without a token they are open here. */
  metricsToken?: string | undefined
}

/**
 * Answers `/healthz` (200 while the process lives), `/readyz` (200 or 503, with every check) and `/metrics` on a port of
 * its own, for the processes that have no other. Rejects when the port cannot be opened.
 */
export async function serveHealth(options: HealthOptions): Promise<{ port: number; close(): Promise<void> }> {
  if (options.port === undefined) return { port: 0, close: async () => {} }
  const server = createServer((request, response) => {
    answer(request, response, options).catch(() => response.destroy())
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

async function answer(request: IncomingMessage, response: ServerResponse, options: HealthOptions): Promise<void> {
  const path = request.url?.split('?')[0]
  if (path === '/healthz') sendJson(response, 200, { status: 'ok' })
  else if (path === '/readyz') {
    const readiness = await options.readiness()
    sendJson(response, readiness.status === 'ok' ? 200 : 503, readiness)
  } else if (path !== '/metrics') sendJson(response, 404, { status: 'not_found' })
  else if (options.metricsToken !== undefined && !carriesToken(options.metricsToken, request.headers.authorization)) {
    response.setHeader('www-authenticate', 'Bearer')
    sendJson(response, 401, { status: 'unauthorized' })
  } else {
    const text = await options.meter.text()
    response.writeHead(200, { 'content-type': METRICS_CONTENT_TYPE, 'cache-control': 'no-store' })
    response.end(text)
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
