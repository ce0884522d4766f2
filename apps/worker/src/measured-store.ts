import { type DomainStore, type Lease, RENEWAL, type Transition } from '@mooring/core'
import type { Meter } from '@mooring/runtime'

/**
 * The store, with what passes through it measured: every claim, every step with its outcome, every lease that was lost.
 * The engine needs to know nothing of this: a step lasts from the claim, or from the record before it, to its own record.
 */
export function measureStore(store: DomainStore, meter: Meter): DomainStore {
  const startedAt = new Map<string, number>()
  const lose = (lease: Lease): void => {
    // A lost lease is noticed by the heartbeat and again by the record: it is one loss.
    if (startedAt.delete(keyOf(lease))) meter.count('mooring_lease_losses_total', {})
  }

  return {
    async claim(domainId, worker) {
      const answer = await store.claim(domainId, worker)
      meter.count('mooring_claims_total', { result: answer.kind })
      if (answer.kind === 'claimed') startedAt.set(keyOf(answer.lease), performance.now())
      return answer
    },
    async heartbeat(lease) {
      const isHeld = await store.heartbeat(lease)
      if (!isHeld) lose(lease)
      return isHeld
    },
    async record(lease, transition) {
      const started = startedAt.get(keyOf(lease))
      const answer = await store.record(lease, transition).catch((error: unknown) => {
        startedAt.delete(keyOf(lease))
        throw error
      })
      if (answer.kind === 'lost') {
        lose(lease)
        return answer
      }
      tell(transition, started, meter)
      if (answer.kind === 'recorded' && answer.leased) startedAt.set(keyOf(lease), performance.now())
      else startedAt.delete(keyOf(lease))
      return answer
    },
    async release(lease) {
      startedAt.delete(keyOf(lease))
      await store.release(lease)
    },
  }
}

const keyOf = ({ domainId, token }: Lease): string => `${domainId} ${token}`

const RENEWAL_STEPS = new Set<string>(RENEWAL.map(({ name }) => name))
const ENDS_RENEWAL = RENEWAL.at(-1)?.name

function tell({ step, outcome, reason }: Transition, started: number | undefined, meter: Meter): void {
  const code = outcome.kind === 'done' ? '' : (reason?.code ?? outcome.because.code)
  meter.count('mooring_step_outcomes_total', { step, outcome: outcome.kind, code })
  if (started !== undefined) meter.observe('mooring_step_seconds', { step }, (performance.now() - started) / 1000)
  const result = RENEWAL_STEPS.has(step) ? renewalResult(step, outcome.kind) : null
  if (result !== null) meter.count('mooring_renewals_total', { result })
}

function renewalResult(step: string, outcome: Transition['outcome']['kind']): string | null {
  if (outcome === 'done') return step === ENDS_RENEWAL ? 'renewed' : null
  return outcome === 'wait' ? 'put_off' : 'failed'
}
