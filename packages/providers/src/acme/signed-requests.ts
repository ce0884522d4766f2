import { CaProblem, type Clock } from '@mooring/core'
import { type AccountSigner, signJws } from './jws.ts'
import type { NoncePool } from './nonce-pool.ts'
import { problemOf } from './problem.ts'
import { type Answer, type Transport, isClosedConnection } from './transport.ts'

interface SignedRequest {
  what: string
  url: string
  /** Null is POST-as-GET. */
  payload: object | null
  signer: AccountSigner
  kid: string | null
  signal: AbortSignal
}

/** Sends what is signed and returns the answer of a status below 300; throws `CaProblem` for all others. */
export type SendSigned = (request: SignedRequest) => Promise<Answer>

/**
 * Two refusals are answered here, because the same request with another nonce may pass at once:
 *
 * - `badNonce` (RFC 8555 §6.5): up to `nonceRetries` times, with the nonce that came with the refusal.
 * - a kept-alive connection that the CA was just closing: once. Everything we send may be sent twice: a second order
 *   stays pending and unused, and a second finalize is refused.
 */
export function createSignedRequests(parts: {
  transport: Transport
  nonces: NoncePool
  nonceRetries: number
  clock: Clock
}): SendSigned {
  const { transport, nonces, nonceRetries, clock } = parts

  async function attempt({ what, url, payload, signer, kid, signal }: SignedRequest): Promise<Answer | CaProblem> {
    const nonce = await nonces.take(signal)
    const answer = await transport.send({
      what,
      method: 'POST',
      url,
      body: signJws(signer, { url, nonce, kid, payload }),
      signal,
    })
    nonces.put(answer.header('replay-nonce'))
    return answer.status < 300 ? answer : problemOf(answer, clock.now())
  }

  return async (request) => {
    let nonceRefusals = 0
    let closedConnections = 0
    for (;;) {
      try {
        const answer = await attempt(request)
        if (!(answer instanceof CaProblem)) return answer
        if (answer.type !== 'badNonce' || nonceRefusals === nonceRetries) throw answer
        nonceRefusals += 1
      } catch (error) {
        if (!isClosedConnection(error) || closedConnections === 1) throw error
        closedConnections += 1
      }
    }
  }
}
