import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { unauthorized } from './problem.ts'

/** A cookie that this host alone sets and reads. */
export interface HostCookie {
  /** Null without one. Throws `UNAUTHORIZED` when there are two: then one is planted, and nothing tells which. */
  read(request: FastifyRequest): string | null
  /** All of the name. */
  readAll(request: FastifyRequest): string[]
  set(reply: FastifyReply, value: string): void
  clear(reply: FastifyReply): void
}

/**
 * Over HTTPS its name begins with `__Host-`, which browsers take from this very host only, for all paths and without a
 * Domain (RFC 6265bis §4.1.3.2): a sibling domain cannot plant one.
 */
export function createHostCookie(
  publicUrl: URL | null,
  { name, sameSite, maxAgeMs }: { name: string; sameSite: 'strict' | 'lax'; maxAgeMs: number },
): HostCookie {
  const secure = publicUrl?.protocol === 'https:'
  const fullName = secure ? `__Host-${name}` : name
  const options: CookieSerializeOptions = { path: '/', httpOnly: true, secure, sameSite }
  const readAll = (request: FastifyRequest) => valuesOf(request.headers.cookie ?? '', fullName)
  return {
    read(request) {
      const [value = null, ...others] = readAll(request)
      if (others.length === 0) return value
      request.refusal = { cookies: others.length + 1 }
      throw unauthorized(`There are two cookies ${fullName}; one of them was planted. Delete both.`)
    },
    readAll,
    set: (reply, value) => void reply.setCookie(fullName, value, { ...options, maxAge: Math.floor(maxAgeMs / 1000) }),
    clear: (reply) => void reply.clearCookie(fullName, options),
  }
}

/** Parsers give one value per name; how many there are is the point. */
function valuesOf(header: string, name: string): string[] {
  const pairs = header.split(';').map((pair) => pair.trim())
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1))
}
