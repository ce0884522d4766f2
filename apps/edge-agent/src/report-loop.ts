import type { EdgeReport, Log } from '@mooring/core'
import { backoffMs } from './backoff.ts'
import type { ControlPlane } from './control-plane.ts'
import { createWakeUp } from './wake-up.ts'

export interface ReportLoop {
  /** Replaces what is to be reported, and reports it now. */
  tell(report: EdgeReport): void
  run(controlPlane: ControlPlane, signal: AbortSignal): Promise<void>
}

/** Reports the newest state at once when it changes and every `heartbeatMs`; a report that was lost is made again. */
export function createReportLoop({ heartbeatMs, log }: { heartbeatMs: number; log: Log }): ReportLoop {
  const wakeUp = createWakeUp()
  let report: EdgeReport | null = null
  return {
    tell(next) {
      report = next
      wakeUp.wake()
    },
    async run(controlPlane, signal) {
      for (let failures = 0; !signal.aborted; ) {
        await wakeUp.wait(failures === 0 ? heartbeatMs : backoffMs(failures), signal)
        if (report === null || signal.aborted) continue
        try {
          await controlPlane.report(report, signal)
          failures = 0
        } catch (err) {
          failures += 1
          if (failures === 1 && !signal.aborted) log.warn({ err }, 'a report did not arrive: it is made again')
        }
      }
    },
  }
}
