import { createHash, timingSafeEqual } from 'node:crypto'
import {
  BOOTSTRAP,
  type Clock,
  type EdgeRegistry,
  hashOfSession,
  MINUTE,
  type Principal,
  readApiKey,
  type RegisteredEdge,
} from '@mooring/core'
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { createFailureLimit } from './failure-limit.ts'
import type { Access } from './open-access.ts'
import { assertSameOrigin } from './origin.ts'
import { Refusal, unauthorized } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose idempotency keys count: the first half of the key's hash, or the user's id. Empty where nobody needs to be known. */
    credential: string
    /** Who makes the request; null where nobody needs to be known, and for edges. */
    principal: Principal | null
    /** Whose token the request came with; null outside `/v1/edges/self`. */
    edge: RegisteredEdge | null
  }
}

interface Keys {
  adminKey: string
  edges: Pick<EdgeRegistry, 'authenticate'>
}

interface Callers extends Keys {
  access: Access
  clock: Clock
}

/** Finds out who makes a request, and keeps it in `request`. Throws `UNAUTHORIZED`, `FORBIDDEN`, `RATE_LIMITED`. */
export type Authenticate = (request: FastifyRequest) => Promise<void>

const MOST_FAILURES = 60

/**
 * By the key in `Authorization`, or by the session of a browser's cookie, whose changes have to come from the dashboard's own
 * pages. Every request asks the database, so that a revoked key is good for nothing at once; the environment's key alone
 * needs none. Who fails again and again from one address is told to wait; a key that is good never is.
 */
export function createAuthentication({ adminKey, edges, access, clock }: Callers): Authenticate {
  const failures = createFailureLimit(MOST_FAILURES, MINUTE, clock)

  async function byKey(key: string): Promise<Principal> {
    if (isAdminKey(key, adminKey)) return BOOTSTRAP
    const read = readApiKey(key)
    if (read.kind === 'mistyped')
      throw unauthorized('The API key is not complete, or mistyped: its checksum does not fit.')
    if (read.kind === 'key') {
      const principal = await access.keys.authenticate(read)
      if (principal === null) throw unauthorized('The API key is not known, revoked, or past its time.')
      return principal
    }
    if ((await edges.authenticate(key)) === null) throw unauthorized('The API key is not known.')
    throw new Refusal('FORBIDDEN', 'An edge’s token is good for /v1/edges/self only.')
  }

  async function bySession(request: FastifyRequest, token: string): Promise<Known> {
    if (!READS.has(request.method)) assertSameOrigin(request, access.publicUrl)
    const hash = hashOfSession(token)
    const session = hash === null ? null : await access.sessions.find(hash)
    if (session === null) throw unauthorized('The session is over. Sign in again.')
    const { credential, principal } = session
    if (principal !== null) return { credential, principal }
    // It began with a key of the environment that may have been changed since.
    if (credential !== nameOf(adminKey)) throw unauthorized('The session is over. Sign in again.')
    return { credential, principal: BOOTSTRAP }
  }

  async function identify(request: FastifyRequest): Promise<Known> {
    if (request.headers.authorization === undefined) {
      const token = access.cookie.read(request)
      if (token !== null) return bySession(request, token)
    }
    const key = readCredential(request)
    return { credential: nameOf(key), principal: await byKey(key) }
  }

  return async (request) => {
    try {
      Object.assign(request, await identify(request))
    } catch (error) {
      if (error instanceof Refusal && error.code === 'UNAUTHORIZED' && triedKey(request)) {
        failures.assertBelow(request.ip)
        failures.note(request.ip)
      }
      throw error
    }
  }
}

type Known = Pick<FastifyRequest, 'credential'> & { principal: Principal }

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

// A page whose session is over asks a few times before it notices, and is to be told 401 each time.
const triedKey = ({ headers }: FastifyRequest): boolean => headers.authorization !== undefined

/** Lets edges in, each under its own identity; the admin key is nobody's: 403. */
export function requireEdge({ adminKey, edges }: Keys): onRequestAsyncHookHandler {
  return async (request) => {
    const token = readCredential(request)
    if (isAdminKey(token, adminKey)) {
      throw new Refusal('FORBIDDEN', 'This address speaks to edges: use the token that POST /v1/edges gave.')
    }
    request.edge = await edges.authenticate(token)
    if (request.edge === null) throw unauthorized('The edge’s token is not known; it may have been replaced.')
    request.credential = nameOf(token)
  }
}

export function edgeOf(request: FastifyRequest): RegisteredEdge {
  if (request.edge === null) throw new Error('this route is outside requireEdge')
  return request.edge
}

/** RFC 6750 §2.1 `Bearer <key>`, or RFC 7617 `Basic` with the key as the password and any user. */
function readCredential(request: FastifyRequest): string {
  const header = request.headers.authorization
  if (header === undefined) throw unauthorized('Send the API key as "Authorization: Bearer …" or as a Basic password.')
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+) *$/i.exec(header) ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  const [, password = ''] = /^[^:]*:(.+)$/s.exec(Buffer.from(value, 'base64').toString('utf8')) ?? []
  if (password === '') throw unauthorized('The Authorization header is neither Bearer nor Basic with a password.')
  return password
}

// Equal lengths for the comparison, whatever was sent; the time it takes tells nothing about the key.
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

export const isAdminKey = (key: string, adminKey: string): boolean => timingSafeEqual(sha256(key), sha256(adminKey))

/** What a key's requests and sessions count under. */
export const nameOf = (key: string): string => sha256(key).toString('hex').slice(0, 32)
