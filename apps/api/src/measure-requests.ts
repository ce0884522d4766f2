import type { Meter } from '@mooring/runtime'
import type { FastifyInstance } from 'fastify'

/** Counts every answer under its route's pattern: paths hold hostnames and ids, and strangers make up any number. */
export function measureRequests(app: FastifyInstance, meter: Meter): void {
  app.addHook('onResponse', async ({ method, routeOptions }, { statusCode, elapsedTime }) => {
    const route = routeOptions.url ?? 'unknown'
    const known = routeOptions.url === undefined ? 'any' : method
    meter.count('mooring_http_requests_total', { method: known, route, status: String(statusCode) })
    if (routeOptions.config.isStream === true && statusCode === 200) return
    meter.observe('mooring_http_request_seconds', { route }, elapsedTime / 1000)
  })
}
