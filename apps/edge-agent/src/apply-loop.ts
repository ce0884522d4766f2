import { AppError, type AddressRules, type EdgeReport, type EdgeServer, type Log } from '@mooring/core'
import type { Meter } from '@mooring/runtime'
import { backoffMs } from './backoff.ts'
import type { DesiredState } from './desired-state.ts'
import { makeServed } from './make-served.ts'
import { measureApply } from './measured-server.ts'
import { type LastApply, type Waiting, dueAt } from './pacing.ts'
import type { HostResolver } from './resolve-targets.ts'
import { createWakeUp } from './wake-up.ts'
import type { ServiceWatch } from './watch-services.ts'

export interface ApplyLoop {
  /** Desired state, an address or a server's health changed. What comes during an apply joins the next one. */
  notify(change: { isUrgent: boolean }): void
  isApplying(): boolean
  /** Applies until the signal aborts; an apply in hand is finished. */
  run(signal: AbortSignal): Promise<void>
}

/** Brings the server to the desired state, again and again: one apply at a time, many changes in each. */
export function createApplyLoop(options: {
  state: DesiredState
  server: EdgeServer
  targets: HostResolver
  serviceHosts: HostResolver
  serviceWatch: ServiceWatch
  rules: AddressRules
  /** After each apply: what may be reported. */
  onApplied: (report: EdgeReport) => void
  /** Looks after the server this often without a change, too: one that died is started again. */
  recheckMs: number
  meter: Meter
  log: Log
}): ApplyLoop {
  const { state, server, targets, serviceHosts, serviceWatch, rules, onApplied, recheckMs, meter, log } = options
  const wakeUp = createWakeUp()
  let waiting: Waiting | null = null
  let last: LastApply | null = null
  let failures = 0
  let isApplying = false

  async function untilDue(signal: AbortSignal): Promise<void> {
    const recheckAt = performance.now() + recheckMs
    while (!signal.aborted) {
      // Read anew each time: a change that arrives meanwhile may be urgent.
      const due = waiting === null ? recheckAt : dueAt(waiting, last)
      const ms = due - performance.now()
      if (ms <= 0) return
      await wakeUp.wait(ms, signal)
    }
  }

  async function applyOnce(): Promise<void> {
    // Serves what it served last.
    if (!state.isWhole) return
    const generation = state.asOf
    const { served, services, rejected } = await makeServed(state, { rules, targets, serviceHosts })
    const inUse = serviceWatch.follow(services)
    // Written before the report: an edge that told of a removal must not start over with the name still in its state.
    const applying = measureApply(() => server.apply(served, generation, inUse), meter)
    const [result] = await Promise.all([applying, state.save()])
    onApplied({
      generation,
      rejected: [...state.malformed(), ...rejected, ...result.rejected],
      server: server.version,
    })
  }

  return {
    notify({ isUrgent }) {
      const newest = performance.now()
      waiting = { since: waiting?.since ?? newest, newest, isUrgent: isUrgent || waiting?.isUrgent === true }
      wakeUp.wake()
    },
    isApplying: () => isApplying,
    async run(signal) {
      for (;;) {
        await untilDue(signal)
        if (signal.aborted) return
        waiting = null
        const startedAt = performance.now()
        isApplying = true
        try {
          await applyOnce().finally(() => {
            isApplying = false
          })
          if (failures > 0) log.info({ failures }, 'the configuration is applied again')
          failures = 0
        } catch (err) {
          failures += 1
          const names = state.routes().map(({ hostname }) => hostname)
          const facts = { err, failures, names: names.length, sample: names.slice(0, 10) }
          log.error(facts, err instanceof AppError ? err.message : 'the configuration could not be applied')
          waiting = { since: performance.now(), newest: performance.now(), isUrgent: true }
          await createWakeUp().wait(backoffMs(failures), signal)
        }
        last = { endedAt: performance.now(), durationMs: performance.now() - startedAt }
      }
    },
  }
}
