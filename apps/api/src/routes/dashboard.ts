import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import { PAGE_HEADERS } from '../page-headers.ts'
import type { App } from './route.ts'

/** Where `apps/dashboard/build-if-stale.ts` puts what it builds. */
const BUILT = fileURLToPath(new URL('../../../dashboard/dist/', import.meta.url))

/** Of the app (apps/dashboard/src/router.tsx): all of them are the same file. Any other address stays a 404 of the API. */
const PAGES = [
  '/',
  '/jobs',
  '/domains',
  '/domains/:id',
  '/workers',
  '/edges',
  '/limits',
  '/notifications',
  '/webhooks',
  '/webhooks/:id',
  '/audit',
  '/settings',
]

const HIDDEN = { schema: { hide: true }, config: { isQuiet: true } }

/** The pages for ops. They hold no data of their own: whoever opens them signs in, and they ask `/v1`. */
export async function dashboardRoutes(app: App, { built = BUILT }: { built?: string } = {}): Promise<void> {
  if (!existsSync(`${built}index.html`)) return sayThatNothingIsBuilt(app)
  await app.register(fastifyStatic, {
    root: built,
    serve: false,
    preCompressed: true,
    setHeaders(reply) {
      reply.headers(PAGE_HEADERS)
    },
  })
  for (const url of PAGES) {
    app.get(url, HIDDEN, (_request, reply) => reply.sendFile('index.html', { maxAge: 0 }))
  }
  for (const file of ['color-scheme.js', 'mooring.svg']) {
    app.get(`/${file}`, HIDDEN, (_request, reply) => reply.sendFile(file, { maxAge: 0 }))
  }
  // The content is in the name: what is there never changes.
  app.get<{ Params: { file: string } }>('/assets/:file', HIDDEN, (request, reply) =>
    reply.sendFile(`assets/${request.params.file}`, { maxAge: '365d', immutable: true }),
  )
}

/** The API is whole without it. */
function sayThatNothingIsBuilt(app: App): void {
  for (const url of PAGES) {
    app.get(url, HIDDEN, (_request, reply) =>
      reply
        .code(503)
        .headers({ ...PAGE_HEADERS, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
        .send('The dashboard has not been built: run node apps/dashboard/build-if-stale.ts and start the API again.\n'),
    )
  }
}
