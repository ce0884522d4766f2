import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { ERRORS, type AppError } from '@mooring/core'
import type { ConnectionError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { describeProblem, notFound, PROBLEM_TYPE, type Problem, Refusal, toAppError } from './problem.ts'

export const newRequestId = (): string => `req_${randomUUID()}`

/** Makes every error of the instance a problem document, also those of unknown addresses. Before any route. */
export function installProblemHandlers(app: FastifyInstance): void {
  const methodsFor = rememberMethods(app)
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply))
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsFor(request.url.split('?')[0] ?? '')
    const refusal =
      allowed.length === 0
        ? notFound('address')
        : new Refusal('METHOD_NOT_ALLOWED', `This address takes ${allowed.join(', ')}.`, {
            headers: { allow: allowed.join(', ') },
          })
    return sendProblem(refusal, request, reply)
  })
}

/** Answers with the problem document for any error; what is not the caller's fault is logged with its cause. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toAppError(error)
  const { problem, headers } = describeProblem(known, request.id)
  logFault(known, problem, request)
  return reply
    .code(problem.status)
    .headers({ 'x-request-id': request.id, ...headers })
    .send(JSON.stringify(problem))
}

function logFault(error: AppError, { status, code }: Problem, { log, method, url }: FastifyRequest): void {
  if (status < 500) return
  const facts = { method, url, code, err: error }
  if (status === 503) log.warn(facts, 'request failed: a dependency is away')
  else log.error(facts, 'request failed')
}

/** What Node refuses before there is a request (https://nodejs.org/api/http.html#event-clienterror). */
export function answerClientError(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const [status, title] = CLIENT_ERRORS[error.code] ?? [400, ERRORS.BAD_REQUEST.title]
  const requestId = newRequestId()
  const problem: Problem = {
    type: 'urn:mooring:problem:bad-request',
    title,
    status,
    code: 'BAD_REQUEST',
    detail: 'The bytes on this connection are not an HTTP request that is taken here.',
    request_id: requestId,
  }
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}

const CLIENT_ERRORS: Record<string, [status: number, title: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long to arrive'],
  HPE_HEADER_OVERFLOW: [431, 'The header fields are too large'],
}

/** The methods that some route takes at a path, for `Allow` (RFC 9110 §15.5.6). */
function rememberMethods(app: FastifyInstance): (path: string) => string[] {
  const routes = new Map<string, { pattern: RegExp; methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = routes.get(url) ?? { pattern: patternOf(url), methods: new Set() }
    for (const one of [method].flat()) known.methods.add(one)
    routes.set(url, known)
  })
  return (path) => {
    const matching = [...routes.values()].filter(({ pattern }) => pattern.test(path))
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort()
  }
}

const patternOf = (url: string): RegExp =>
  new RegExp(`^${url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[a-z]+/g, '[^/]+')}$`)
