import { type DomainSource, type FollowOptions, followDomain } from './follow-domain.ts'
import type { Domain } from './generated/api.ts'

export interface WaitOptions extends FollowOptions {
  timeoutMs?: number | undefined
}

/** The domain did not come to the state that was waited for; `domain` is as it was seen last. */
export class StateError extends Error {
  override readonly name = 'StateError'
  readonly domain: Domain
  /** Whether it might have come to it later. */
  readonly isTimeout: boolean

  constructor(message: string, { domain, isTimeout }: { domain: Domain; isTimeout: boolean }) {
    super(message)
    this.domain = domain
    this.isTimeout = isTimeout
  }
}

type State = Domain['state']

/** From these, a domain goes on only when a person wants it. */
const RESTING: readonly State[] = ['active', 'suspended', 'deprovisioned', 'failed']

const HOUR_MS = 3_600_000

/** Resolves with the domain in one of the states. Throws `StateError` after the time, or where it rests in another state. */
export async function waitForState(
  source: DomainSource,
  { id, states }: { id: string; states: readonly State[] },
  { timeoutMs = HOUR_MS, signal, ...options }: WaitOptions = {},
): Promise<Domain> {
  const deadline = AbortSignal.timeout(timeoutMs)
  const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
  let last: Domain | null = null
  try {
    for await (const domain of followDomain(source, id, { ...options, signal: either })) {
      last = domain
      if (states.includes(domain.state)) return domain
      if (hasEnded(domain, states)) throw missed(domain, { isTimeout: false })
    }
  } catch (error) {
    if (deadline.aborted && signal?.aborted !== true && last !== null) throw missed(last, { isTimeout: true })
    throw error
  }
  throw new Error('A domain is followed without end.')
}

/**
 * What leaves passes through rest: an active domain that was just deleted is leaving already. And a suspension that was
 * ended has no reason any more, although visitors still see its page for a moment.
 */
function hasEnded({ state, reason }: Domain, states: readonly State[]): boolean {
  if (state === 'active') return states.every((each) => each === 'active')
  return RESTING.includes(state) && !(state === 'suspended' && reason === null)
}

function missed(domain: Domain, { isTimeout }: { isTimeout: boolean }): StateError {
  const because = domain.reason === null ? '' : `: ${domain.reason.message}`
  const still = isTimeout ? 'is still' : 'is'
  return new StateError(`${domain.hostname} ${still} ${domain.state}${because}`, { domain, isTimeout })
}
