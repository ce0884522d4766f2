import { setTimeout as delay } from 'node:timers/promises'
import type { Log, Route } from '@mooring/core'
import { backoffMs } from './backoff.ts'
import type { ControlPlane } from './control-plane.ts'
import type { DesiredState } from './desired-state.ts'

/** An answer that brings nothing and comes sooner than this was not waited for: do not ask again at once. */
const LEAST_WAIT_MS = 1_000
/** Changes that come during an apply wait for the next one anyway: they are asked for together, not one by one. */
const GATHER_MS = 100

/** Keeps the desired state up to date. A control plane that is away is asked again, and told about once. */
export async function runPullLoop(
  options: {
    controlPlane: ControlPlane
    state: DesiredState
    waitSeconds: number
    /** With the traceparents of those that are traced, by domain. */
    onChange: (changed: Route[], traces: Record<string, string>) => void
    /** Everything there was at the start has been pulled; called once. */
    onCaughtUp: () => void
    isApplying: () => boolean
    log: Log
  },
  signal: AbortSignal,
): Promise<void> {
  const { controlPlane, state, waitSeconds, onChange, onCaughtUp, isApplying, log } = options
  let isCaughtUp = false
  let failures = 0

  async function pullOnce(): Promise<void> {
    const askedAt = performance.now()
    const since = state.generation
    const answer = await controlPlane.pull(since, isCaughtUp ? waitSeconds : 0, signal)
    if (answer !== null) {
      if (answer.update.generation < since) {
        const facts = { generation: answer.update.generation, known: since }
        log.error(facts, 'the control plane is older than what this edge serves: nothing is taken from it')
      }
      const changed = state.merge(answer.update, answer.malformed)
      // Even where nothing changed for this edge: it reports the generation when it has looked.
      if (state.generation > since) onChange(changed, answer.update.traces ?? {})
    }
    if (state.generation > since) {
      if (isCaughtUp && isApplying()) await delay(GATHER_MS, undefined, { signal })
      return
    }
    if (!isCaughtUp) {
      isCaughtUp = true
      onCaughtUp()
      return
    }
    const early = LEAST_WAIT_MS - (performance.now() - askedAt)
    if (early > 0) await delay(early, undefined, { signal })
  }

  while (!signal.aborted) {
    try {
      await pullOnce()
      if (failures > 0) log.info({ failures }, 'the control plane is back')
      failures = 0
    } catch (err) {
      if (signal.aborted) return
      failures += 1
      if (failures === 1) log.warn({ err }, 'the control plane does not answer: going on with what is known')
      await delay(backoffMs(failures), undefined, { signal }).catch(() => undefined) // Stopped while it waited.
    }
  }
}
