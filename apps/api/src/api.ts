import cookie from '@fastify/cookie'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { principalOf, requireAccess } from './access.ts'
import { createAuthentication, requireEdge } from './authentication.ts'
import type { ApiDependencies } from './dependencies.ts'
import { fieldErrors } from './field-errors.ts'
import { measureFleet } from './fleet-metrics.ts'
import { drainOnClose } from './in-flight.ts'
import { measureRequests } from './measure-requests.ts'
import { installOpenApi } from './openapi.ts'
import { invalid } from './problem.ts'
import { answerClientError, installProblemHandlers, newRequestId, sendProblem } from './problem-handlers.ts'
import { createEventHub } from './event-hub.ts'
import { createDuePublisher } from './publish-due.ts'
import { createChangeRecorder } from './record-change.ts'
import { recordRefusals } from './record-refusals.ts'
import { limitRequests } from './request-limit.ts'
import { createRouteChanges } from './route-changes.ts'
import { bulkRoutes } from './routes/bulk.ts'
import { auditRoutes } from './routes/audit.ts'
import { certificateRoutes } from './routes/certificates.ts'
import { challengeRoutes } from './routes/challenges.ts'
import { consentRoutes } from './routes/consents.ts'
import { contactRoutes } from './routes/contacts.ts'
import { dashboardRoutes } from './routes/dashboard.ts'
import { diagnosisRoutes } from './routes/diagnosis.ts'
import { dnsZoneRoutes } from './routes/dns-zones.ts'
import { docsRoutes } from './routes/docs.ts'
import { domainActionRoutes } from './routes/domain-actions.ts'
import { domainImportRoutes } from './routes/domain-import.ts'
import { domainRoutes } from './routes/domains.ts'
import { edgeFeedRoutes } from './routes/edge-feed.ts'
import { edgeRoutes } from './routes/edges.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { jobRoutes } from './routes/jobs.ts'
import { keyRoutes } from './routes/keys.ts'
import { limitRoutes } from './routes/limits.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { notificationRoutes } from './routes/notifications.ts'
import { oidcRoutes } from './routes/oidc.ts'
import { overviewRoutes } from './routes/overview.ts'
import type { App, RouteContext } from './routes/route.ts'
import { serviceRoutes } from './routes/services.ts'
import { sessionRoutes } from './routes/session.ts'
import { trafficFeedRoutes, trafficRoutes } from './routes/traffic.ts'
import { unsubscribeRoutes } from './routes/unsubscribe.ts'
import { userRoutes } from './routes/users.ts'
import { webhookDeliveryRoutes } from './routes/webhook-deliveries.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import { workerRoutes } from './routes/workers.ts'
import { traceRequests } from './trace-requests.ts'

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
  const { registry, registryFor, ...others } = deps
  const registryOf: RouteContext['registryOf'] = (request) => {
    const { tenant } = principalOf(request)
    return tenant === null ? registry : registryFor(tenant)
  }
  const { tracing } = deps
  const traceparentOf = tracing === undefined ? () => null : traceRequests(app, tracing.tracer)
  const recorder = createChangeRecorder({
    ...deps,
    registryOf,
    rules: deps.settings.rules,
    traces: tracing?.store,
    traceparentOf,
  })
  const context: RouteContext = { ...others, ...publisher, ...recorder, changes, registryOf }

  app.addHook('preClose', async () => changes.end())
  const hub = createEventHub({ stream: deps.events, log: deps.log })
  app.addHook('preClose', async () => hub.end())
  drainOnClose(app, DRAIN_MS)
  measureRequests(app, deps.meter)
  measureFleet({ ...deps, read: deps.readFleet, depth: () => deps.queue.depth() })
  app.addHook('onClose', () => publisher.settled())

  installProblemHandlers(app)
  installOpenApi(app)
  void app.register(cookie)
  void app.register(rateLimit, { global: false })
  const keys = { adminKey: deps.settings.adminKey, edges: deps.edges }
  const authenticate = createAuthentication({ ...keys, access: deps.access, clock: deps.clock })
  void app.register(async (scope: App) => {
    recordRefusals(scope, deps)
    scope.addHook('onRequest', authenticate)
    scope.addHook('onRequest', requireAccess)
    scope.addHook('onRequest', limitRequests(app, deps.access.requestsPerMinute))
    auditRoutes(scope, context)
    domainRoutes(scope, context)
    domainActionRoutes(scope, context)
    consentRoutes(scope, context)
    diagnosisRoutes(scope, context)
    dnsZoneRoutes(scope, context)
    serviceRoutes(scope, context)
    jobRoutes(scope, context)
    bulkRoutes(scope, context)
    domainImportRoutes(scope, context)
    overviewRoutes(scope, context)
    workerRoutes(scope, context)
    certificateRoutes(scope, context)
    limitRoutes(scope, context)
    trafficRoutes(scope, context)
    notificationRoutes(scope, context)
    contactRoutes(scope, context)
    edgeRoutes(scope, context)
    keyRoutes(scope, context)
    userRoutes(scope, context)
    eventRoutes(scope, { ...context, hub, authenticate })
    webhookRoutes(scope, context)
    webhookDeliveryRoutes(scope, context)
  })
  void app.register(async (scope: App) => {
    scope.addHook('onRequest', requireEdge(keys))
    edgeFeedRoutes(scope, context)
    trafficFeedRoutes(scope, context)
  })
  void app.register(async (scope: App) => {
    recordRefusals(scope, deps)
    sessionRoutes(scope, context, authenticate)
    oidcRoutes(scope, context)
    challengeRoutes(scope, { registry })
    unsubscribeRoutes(scope, context)
    healthRoutes(scope, context)
    metricsRoutes(scope, context)
  })
  void app.register((scope: App) => dashboardRoutes(scope))
  void app.register((scope: App) => docsRoutes(scope))
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
  app.decorateRequest('principal', null)
  app.decorateRequest('refusal', null)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  app.addHook('onResponse', async ({ method, url, routeOptions, log: requestLog }, { statusCode, elapsedTime }) => {
    // Without the query: a key that somebody put there by mistake would be kept for as long as the log is.
    const path = url.split('?')[0]
    const facts = { method, path, status: statusCode, ms: Math.round(elapsedTime) }
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
