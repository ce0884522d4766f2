import { CaProblem, type Clock } from '@mooring/core'
import { problemOf } from './problem.ts'
import type { Transport } from './transport.ts'

/** Every answer brings a nonce for a later request; as many are kept as can be in use at once. */
const MAX_KEPT = 32
/** RFC 8555 §6.5.1; anything else is not put into a header of ours. */
const NONCE = /^[A-Za-z0-9_-]{1,512}$/

const isNonce = (text: string | null): text is string => text !== null && NONCE.test(text)

export interface NoncePool {
  /** The newest nonce, which is the least likely to have expired; one is fetched when there is none. */
  take(signal: AbortSignal): Promise<string>
  put(nonce: string | null): void
}

export function createNoncePool(fetchNonce: (signal: AbortSignal) => Promise<string>): NoncePool {
  const kept: string[] = []
  return {
    take: async (signal) => kept.pop() ?? fetchNonce(signal),
    put(nonce) {
      if (!isNonce(nonce)) return
      if (kept.length === MAX_KEPT) kept.shift()
      kept.push(nonce)
    },
  }
}

/** Asks for a nonce (RFC 8555 §7.2). */
export async function fetchNonce(
  newNonceUrl: string,
  { transport, clock, signal }: { transport: Transport; clock: Clock; signal: AbortSignal },
): Promise<string> {
  const answer = await transport.send({ what: 'newNonce', method: 'HEAD', url: newNonceUrl, signal })
  if (answer.status >= 300) throw problemOf(answer, clock.now())
  const nonce = answer.header('replay-nonce')
  if (!isNonce(nonce)) throw new CaProblem('unexpectedAnswer', 'The CA gave no nonce.', { status: answer.status })
  return nonce
}
