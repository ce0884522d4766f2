import { createHash } from 'node:crypto'
import type { EdgeIdentity, Registry } from '@mooring/core'
import type { FastifyRequest } from 'fastify'
import { domainResource } from './domain-resource.ts'
import { notFound, Refusal } from './problem.ts'

/** Strong (RFC 9110 §8.8.1): two answers with the same tag are the same, byte for byte. */
export const etagOf = (body: unknown): string =>
  `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 27)}"`

type Headers = Pick<FastifyRequest, 'headers'>

/** RFC 9110 §13.1.2: whether the caller has this already. */
export function isKnown({ headers }: Headers, etag: string): boolean {
  const given = headers['if-none-match']
  return given !== undefined && (given.trim() === '*' || tagsIn(given).some((tag) => tag.replace(/^W\//, '') === etag))
}

/**
 * Runs `work`; with `If-Match` only while the domain is still what the caller has read, and nobody changes it in between.
 * Throws `PRECONDITION_FAILED`. A worker's step changes it as well: what is about to move is better left to itself.
 */
export function ifUnchanged<Answer>(
  { headers }: Headers,
  { store, id, edge }: { store: Registry; id: string; edge: EdgeIdentity },
  work: (store: Registry) => Promise<Answer>,
): Promise<Answer> {
  const given = headers['if-match']
  if (given === undefined) return work(store)
  return store.holding(id, async (held) => {
    const view = await held.find(id)
    if (view === null) throw notFound('domain')
    const etag = etagOf(domainResource(view, edge))
    // RFC 9110 §13.1.1: compared strongly, so that a weak tag never matches.
    if (given.trim() !== '*' && !tagsIn(given).includes(etag)) {
      throw new Refusal('PRECONDITION_FAILED', 'The domain is not as it was any more. Read it again.', {
        headers: { etag },
      })
    }
    return work(held)
  })
}

const tagsIn = (text: string): string[] => text.match(/(?:W\/)?"[^"]*"/g) ?? []
