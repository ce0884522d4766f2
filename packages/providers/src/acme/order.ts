import { CaProblem } from '@mooring/core'
import { z } from 'zod'
import { jsonOf } from './answers.ts'
import type { AcmeClient } from './client.ts'
import { type ProblemDocument, problemSchema, retryAtOf, toCaProblem } from './problem.ts'
import type { Answer } from './transport.ts'

const url = z.string().max(2048)

/** RFC 8555 §7.1.3. */
const orderSchema = z.object({
  status: z.enum(['pending', 'ready', 'processing', 'valid', 'invalid']),
  authorizations: z.array(url).min(1).max(10),
  finalize: url,
  certificate: url.optional(),
  /** RFC 9773 §5: the CA repeats what it took. */
  replaces: z.string().optional().catch(undefined),
  error: problemSchema.optional().catch(undefined),
})

/** RFC 8555 §8. */
const challengeSchema = z.object({
  type: z.string(),
  url,
  status: z.enum(['pending', 'processing', 'valid', 'invalid']),
  token: z.string().optional(),
  error: problemSchema.optional().catch(undefined),
})

/** RFC 8555 §7.1.4. */
export const authorizationSchema = z.object({
  status: z.enum(['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked']),
  identifier: z.object({ type: z.string(), value: z.string().max(255) }),
  challenges: z.array(challengeSchema).max(20),
})

export type OfferedChallenge = z.infer<typeof challengeSchema>
export type Authorization = z.infer<typeof authorizationSchema>

export interface Order extends z.infer<typeof orderSchema> {
  url: string
  /** When the CA wants to be asked again. */
  retryAt: Date | null
}

export function orderOf(answer: Answer, orderUrl: string, client: AcmeClient): Order {
  return { ...jsonOf(answer, orderSchema), url: orderUrl, retryAt: retryAtOf(answer, client.clock.now()) }
}

/** Reads the order anew. One that the CA no longer knows, or not as ours, is lost: `orderInvalid`. */
export async function readOrder(client: AcmeClient, orderUrl: string, signal: AbortSignal): Promise<Order> {
  try {
    return orderOf(await client.post({ what: 'order', url: orderUrl, payload: null, signal }), orderUrl, client)
  } catch (error) {
    if (!(error instanceof CaProblem) || (error.status !== 404 && error.type !== 'unauthorized')) throw error
    throw new CaProblem('orderInvalid', `The CA does not know this order: ${error.message}`, { status: error.status })
  }
}

export async function readAuthorization(
  client: AcmeClient,
  authzUrl: string,
  signal: AbortSignal,
): Promise<Authorization> {
  return jsonOf(
    await client.post({ what: 'authorization', url: authzUrl, payload: null, signal }).catch(asLostOrder),
    authorizationSchema,
  )
}

/**
 * What the CA found of the name is told by the challenge. An address of the order itself that says `unauthorized` speaks
 * of the order: it ran out, or is not ours any more.
 */
export function asLostOrder(error: unknown): never {
  if (!(error instanceof CaProblem) || error.type !== 'unauthorized') throw error
  throw new CaProblem('orderInvalid', error.message, { status: error.status, cause: error })
}

/** What a CA may find wrong when it validates a name (RFC 8555 §6.7); these tell the customer something. */
const VALIDATION_ERRORS = ['caa', 'connection', 'dns', 'dnssec', 'incorrectResponse', 'tls', 'unauthorized']

/** Why the order is invalid: the challenge's error, or the order's own. The order is lost whatever the reason. */
export async function whyInvalid(client: AcmeClient, order: Order, signal: AbortSignal): Promise<CaProblem> {
  for (const authzUrl of order.authorizations) {
    const authorization = await readAuthorization(client, authzUrl, signal)
    const problem = aboutInvalid(authorization)
    if (problem !== null) return problem
  }
  return lostBecause(order.error, null)
}

/** Why the authorization cannot become valid any more; null when it can, or is. */
export function aboutInvalid({ status, identifier, challenges }: Authorization): CaProblem | null {
  if (status === 'pending' || status === 'valid') return null
  const error = challenges.find((challenge) => challenge.error !== undefined)?.error
  if (error !== undefined) return lostBecause(error, identifier.value)
  return new CaProblem('orderInvalid', `The authorization of ${identifier.value} is ${status}.`)
}

export function lostBecause(error: ProblemDocument | undefined, identifier: string | null): CaProblem {
  if (error === undefined) return new CaProblem('orderInvalid', 'The order is invalid; the CA does not say why.')
  const problem = toCaProblem(error)
  const { type, message: detail, subproblems } = problem
  const details = subproblems.length > 0 ? subproblems : [{ type, detail, identifier }]
  return new CaProblem(VALIDATION_ERRORS.includes(type) ? type : 'orderInvalid', detail, { subproblems: details })
}
