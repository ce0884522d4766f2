import { diagnose } from '@mooring/core'
import type { FastifyReply } from 'fastify'
import { createConcurrencyLimit } from '../concurrency-limit.ts'
import { diagnosisResource, diagnosisSchema } from '../diagnosis-schema.ts'
import { findDomain } from '../find-domain.ts'
import { domainParams, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

/** Each asks dozens of questions of servers that are not ours. */
const AT_ONCE = 4
const RETRY_AFTER_SECONDS = 5

/** Why a domain is not served, found by asking now. */
export function diagnosisRoutes(app: App, context: RouteContext): void {
  const { registryOf, settings } = context
  const { edge } = settings.rules
  const limit = createConcurrencyLimit(AT_ONCE, RETRY_AFTER_SECONDS)

  app.get(
    '/v1/domains/:id/diagnosis',
    {
      config: { tenants: true },
      schema: {
        summary: 'Ask DNS and the name’s web server now, and say what is wrong and what to type where',
        description: `Takes up to 15 seconds. Changes nothing. At most ${AT_ONCE} run at once for one key.`,
        tags: ['domains'],
        params: domainParams,
        response: { 200: diagnosisSchema, ...problems(404, 429) },
      },
    },
    (request, reply) =>
      limit(request.credential, async () => {
        const { domain } = await findDomain(registryOf(request), request.params.id, settings.rules)
        const { resolver, probe, zones, clock } = context
        const { caaIdentities } = settings
        const signal = hangUpOf(reply)
        const diagnosis = await diagnose(domain, { resolver, probe, zones, clock, signal, edge, caaIdentities })
        return reply.header('cache-control', 'no-store').send(diagnosisResource(diagnosis))
      }),
  )
}

/** Aborted when the caller goes away: nobody is asked on behalf of nobody. */
function hangUpOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return gone.signal
}
