import type { FastifyInstance, FastifyRequest } from 'fastify'
import { rateLimited } from './failure-limit.ts'

/** After authentication: so many requests of one key or user a minute. Counted by this process alone. */
export function limitRequests(app: FastifyInstance, perMinute: number): (request: FastifyRequest) => Promise<void> {
  const count = app.createRateLimit({
    max: perMinute,
    timeWindow: '1 minute',
    keyGenerator: ({ credential }) => credential,
  })
  return async (request) => {
    const limit = await count(request)
    if (!limit.isAllowed && limit.isExceeded) {
      throw rateLimited(`At most ${perMinute} requests a minute are taken of one key.`, limit.ttl)
    }
  }
}
