import { setTimeout as timer } from 'node:timers/promises'
import { type JobQueue, type QueueStanding, SECOND } from '@mooring/core'
import { overviewResource } from '../overview-resource.ts'
import { overviewSchema } from '../overview-schemas.ts'
import { problems } from '../schemas.ts'
import { keepSnapshot } from '../snapshot.ts'
import type { App, RouteContext } from './route.ts'

const GOOD_FOR_MS = 2 * SECOND
/** A broker that is silent keeps nobody from the rest. */
const BROKER_MS = 0.5 * SECOND

/** How everything is, at a glance. */
export function overviewRoutes(app: App, { operations, queue, limits }: RouteContext): void {
  const overview = keepSnapshot(async () => {
    const [facts, queues] = await Promise.all([operations.overview(), askQueues(queue)])
    return overviewResource(facts, { queues, limits })
  }, GOOD_FOR_MS)

  app.get(
    '/v1/overview',
    {
      config: { isQuiet: true },
      schema: {
        summary: 'How the fleet fares',
        description: 'The same for everybody who asks within two seconds.',
        tags: ['ops'],
        response: { 200: overviewSchema, ...problems() },
      },
    },
    async (_request, reply) => reply.header('cache-control', 'no-store').send(await overview()),
  )
}

async function askQueues(queue: JobQueue): Promise<QueueStanding[]> {
  if (!queue.isHealthy()) return []
  const tooLate = timer(BROKER_MS, null, { ref: false })
  return (await Promise.race([queue.queues(), tooLate])) ?? []
}
