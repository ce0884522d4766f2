import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { requireAdmin, requireEdge } from './authentication.ts'
import type { ApiDependencies } from './dependencies.ts'
import { fieldErrors } from './field-errors.ts'
import { drainOnClose } from './in-flight.ts'
import { installOpenApi } from './openapi.ts'
import { invalid } from './problem.ts'
import { answerClientError, installProblemHandlers, newRequestId, sendProblem } from './problem-handlers.ts'
import { createDuePublisher } from './publish-due.ts'
import { createRouteChanges } from './route-changes.ts'
import { certificateRoutes } from './routes/certificates.ts'
import { challengeRoutes } from './routes/challenges.ts'
import { consentRoutes } from './routes/consents.ts'
import { diagnosisRoutes } from './routes/diagnosis.ts'
import { dnsZoneRoutes } from './routes/dns-zones.ts'
import { domainActionRoutes } from './routes/domain-actions.ts'
import { domainRoutes } from './routes/domains.ts'
import { edgeFeedRoutes } from './routes/edge-feed.ts'
import { edgeRoutes } from './routes/edges.ts'
import { healthRoutes } from './routes/health.ts'
import { jobsPageRoutes } from './routes/jobs-page.ts'
import { jobRoutes } from './routes/jobs.ts'
import { limitRoutes } from './routes/limits.ts'
import type { App, RouteContext } from './routes/route.ts'

const BODY_LIMIT = 1_048_576
// To receive a whole request; answers may take longer (a poll is held open).
const REQUEST_TIMEOUT_MS = 30_000
const DRAIN_MS = 5_000

export interface RunningApi {
  /** `http://host:port`, with the port that was given by the system when 0 was asked for. */
  url: string
  /** Answers what is in hand, ends the edges' polls, then disconnects. The dependencies stay the caller's to close. */
  stop(): Promise<void>
}

/** Builds the API and listens. Rejects when the port cannot be opened. */
export async function startApi(deps: ApiDependencies & { host: string; port: number }): Promise<RunningApi> {
  const app = buildApi(deps)
  const url = await app.listen({ host: deps.host, port: deps.port })
  return { url, stop: () => app.close() }
}

/** The API without a socket: every route, with authentication per scope, and every error a problem document. */
export function buildApi(deps: ApiDependencies): FastifyInstance {
  const app = createServer(deps.log)
  const publisher = createDuePublisher(deps)
  const changes = createRouteChanges(deps.onRoutesChanged)
  const context: RouteContext = { ...deps, ...publisher, changes }

  app.addHook('preClose', async () => changes.end())
  drainOnClose(app, DRAIN_MS)
  app.addHook('onClose', () => publisher.settled())

  installProblemHandlers(app)
  installOpenApi(app)
  const keys = { adminKey: deps.settings.adminKey, edges: deps.edges }
  void app.register(async (scope: App) => {
    scope.addHook('onRequest', requireAdmin(keys))
    domainRoutes(scope, context)
    domainActionRoutes(scope, context)
    consentRoutes(scope, context)
    diagnosisRoutes(scope, context)
    dnsZoneRoutes(scope, context)
    jobRoutes(scope, context)
    certificateRoutes(scope, context)
    limitRoutes(scope, context)
    edgeRoutes(scope, context)
  })
  void app.register(async (scope: App) => {
    scope.addHook('onRequest', requireEdge(keys))
    edgeFeedRoutes(scope, context)
  })
  void app.register(async (scope: App) => {
    challengeRoutes(scope, context)
    healthRoutes(scope, context)
    jobsPageRoutes(scope)
  })
  return app
}

function createServer(log: FastifyBaseLogger): App {
  const app: App = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Every connection comes from an edge or a load balancer: nothing here decides by the caller's address.
    trustProxy: false,
    // A poll or a browser that keeps its connection would hold up the stop; `drainOnClose` waits for the answers.
    forceCloseConnections: true,
    return503OnClosing: false,
    genReqId: newRequestId,
    // A hostname of 253 characters, percent-encoded.
    routerOptions: { maxParamLength: 1024 },
    clientErrorHandler: answerClientError,
    frameworkErrors: sendProblem,
  }).withTypeProvider<ZodTypeProvider>()

  app.decorateRequest('credential', '')
  app.decorateRequest('edge', null)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  app.addHook('onResponse', async ({ method, url, routeOptions, log: requestLog }, { statusCode, elapsedTime }) => {
    const facts = { method, url, status: statusCode, ms: Math.round(elapsedTime) }
    if (routeOptions.config.isQuiet === true) requestLog.debug(facts, 'answered')
    else requestLog.info(facts, 'answered')
  })
  acceptJsonOnly(app)
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (data) => {
    const result = schema.safeParse(data)
    return result.success ? { value: result.data } : { error: invalid(fieldErrors(result.error)) }
  })
  app.setSerializerCompiler(() => JSON.stringify)
  return app
}

/** Clients that always send `Content-Type: application/json` may leave the body of an action empty. */
function acceptJsonOnly(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null, undefined) : parse(request, body, done),
  )
}
