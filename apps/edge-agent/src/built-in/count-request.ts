import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Site, hostnameOf, pathOf } from './answer-request.ts'
import type { MemoryTraffic } from './memory-traffic.ts'

/** Counts the request once it is answered or given up; what proofs and load balancers ask is not traffic. */
export function countRequest(
  request: IncomingMessage,
  response: ServerResponse,
  site: Site,
  traffic: MemoryTraffic,
): void {
  if (pathOf(request).startsWith('/.well-known/mooring/')) return
  const startedAt = performance.now()
  const { socket } = request
  const sentBefore = socket.bytesWritten
  const hostname = site.find(hostnameOf(request))?.route.hostname ?? null
  response.once('close', () => {
    const bytes = Math.max(0, socket.bytesWritten - sentBefore)
    traffic.add(hostname, { status: response.statusCode, bytes, ms: performance.now() - startedAt })
  })
}
