import type { FastifyRequest } from 'fastify'
import { Refusal } from './problem.ts'

/**
 * Throws `ORIGIN_REFUSED` unless a page of this very origin made the request: SameSite cookies alone would let in pages of
 * sibling domains. `Sec-Fetch-Site` is set by the browser and by no script (https://www.w3.org/TR/fetch-metadata/); over
 * plain HTTP there is none, but there is `Origin` (RFC 6454 §7).
 */
export function assertSameOrigin(request: FastifyRequest, publicUrl: URL | null): void {
  if (!isSameOrigin(request, publicUrl)) throw foreign()
}

/** Throws for a page of elsewhere; lets in what is no browser, and says nothing of where it comes from. */
export function assertNotForeign(request: FastifyRequest, publicUrl: URL | null): void {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (origin === undefined && site === undefined) return
  if (!isSameOrigin(request, publicUrl)) throw foreign()
}

function isSameOrigin({ headers }: FastifyRequest, publicUrl: URL | null): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers
  if (site !== undefined) return site === 'same-origin'
  if (origin === undefined) return false
  if (publicUrl !== null) return origin === publicUrl.origin
  return host !== undefined && URL.parse(origin)?.host === host.toLowerCase()
}

const foreign = (): Refusal =>
  new Refusal(
    'ORIGIN_REFUSED',
    'A change with a cookie is taken from this dashboard’s own pages only. Other callers use a key.',
  )
