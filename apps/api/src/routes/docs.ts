import swaggerUi from '@fastify/swagger-ui'
import { PAGE_HEADERS, PAGE_POLICY, policyText } from '../page-headers.ts'
import type { App } from './route.ts'

/** `/openapi.json` for people. Everything it loads comes from here; whoever tries a call out brings a key, or is signed in. */
export async function docsRoutes(app: App): Promise<void> {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, isQuiet: true }
  })
  app.addHook('onSend', async (_request, reply) => {
    reply.headers(PAGE_HEADERS)
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // Its style sheet has its icons in itself.
    staticCSP: policyText({ ...PAGE_POLICY, 'img-src': "'self' data:" }),
    theme: { title: 'Mooring API' },
    // Without the bar at the top, in which any document of the web could be opened.
    uiConfig: { layout: 'BaseLayout', deepLinking: true, docExpansion: 'none' },
  })
}
