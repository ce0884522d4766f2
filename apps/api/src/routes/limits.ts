import { DAY } from '@mooring/core'
import { principalOf } from '../access.ts'
import { limitsSchema } from '../limit-schemas.ts'
import { authorityResource } from '../limits-resource.ts'
import { problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

/** How far is forecast. */
const HORIZON_MS = DAY
/** The emptiest of each kind come first: what is beyond is nearly full. */
const MOST_BUCKETS = 1000

/** What certificate authorities let through. */
export function limitRoutes(app: App, { budgets, limits, clock }: RouteContext): void {
  app.get(
    '/v1/limits',
    {
      config: { tenants: true },
      schema: {
        summary: 'What the certificate authorities limit, what is left, and what can be launched within a day',
        description: `Of buckets that are in use at most ${MOST_BUCKETS} are shown, the emptiest of each kind first.`,
        tags: ['ops'],
        response: { 200: limitsSchema, ...problems() },
      },
    },
    async (request, reply) => {
      const all = await budgets.buckets(MOST_BUCKETS)
      // The others are called by hostnames, which are anybody's.
      const isForAll = principalOf(request).tenant === null
      const buckets = isForAll ? all : all.filter(({ bucket }) => bucket === 'new_orders')
      const now = clock.now().getTime()
      const span = { now, until: now + HORIZON_MS }
      return reply.send({
        at: new Date(span.now).toISOString(),
        until: new Date(span.until).toISOString(),
        authorities: limits.map((authority) => authorityResource(authority, buckets, span)),
      })
    },
  )
}
