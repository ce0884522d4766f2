import { createHash, timingSafeEqual } from 'node:crypto'
import type { EdgeRegistry, RegisteredEdge } from '@mooring/core'
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { Refusal, unauthorized } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Which credential the request came with: its hash's first half, in hex. Empty where none is needed. */
    credential: string
    /** Whose token the request came with; null outside `/v1/edges/self`. */
    edge: RegisteredEdge | null
  }
}

interface Keys {
  adminKey: string
  edges: Pick<EdgeRegistry, 'authenticate'>
}

/** Lets the admin key in. An edge's token is known, but may not do this: 403. */
export function requireAdmin({ adminKey, edges }: Keys): onRequestAsyncHookHandler {
  const expected = sha256(adminKey)
  return async (request) => {
    const key = readCredential(request)
    if (!timingSafeEqual(sha256(key), expected)) {
      const edge = await edges.authenticate(key)
      if (edge === null) throw unauthorized('The API key is not known.')
      throw new Refusal('FORBIDDEN', 'An edge’s token is good for /v1/edges/self only.')
    }
    request.credential = nameOf(key)
  }
}

/** Lets edges in, each under its own identity; the admin key is nobody's: 403. */
export function requireEdge({ adminKey, edges }: Keys): onRequestAsyncHookHandler {
  const admin = sha256(adminKey)
  return async (request) => {
    const token = readCredential(request)
    if (timingSafeEqual(sha256(token), admin)) {
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

const nameOf = (key: string): string => sha256(key).toString('hex').slice(0, 32)
