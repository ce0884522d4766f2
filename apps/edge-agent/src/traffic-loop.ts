import { CLASSES, type Log, MOST_TRAFFIC_ROWS, SECOND, type TrafficPiece, type TrafficSource } from '@mooring/core'
import type { Meter } from '@mooring/runtime'
import type { ControlPlane } from './control-plane.ts'
import { createWakeUp } from './wake-up.ts'

/** nginx's workers open the new log when they come round to it, which takes milliseconds. */
const SETTLE_MS = SECOND

export interface TrafficLoop {
  traffic: TrafficSource
  controlPlane: Pick<ControlPlane, 'reportTraffic'>
  everyMs: number
  meter: Meter
  log: Log
}

/**
 * Cuts, counts and reports what visitors asked. What is not reported waits on the disk; the control plane takes each
 * batch in once, so that one whose answer was lost is sent again without harm.
 */
export async function runTrafficLoop(options: TrafficLoop, signal: AbortSignal): Promise<void> {
  const { traffic, everyMs, meter, log } = options
  const { wait } = createWakeUp()
  const settleMs = Math.min(SETTLE_MS, everyMs)
  let failures = 0
  while (!signal.aborted) {
    await wait(everyMs, signal)
    if (signal.aborted) return
    try {
      await traffic.cut()
      await wait(settleMs, signal)
      await reportAll(options, signal)
      if (failures > 0) log.info({ failures }, 'traffic is reported again')
      failures = 0
    } catch (err) {
      failures += 1
      if (failures === 1 && !signal.aborted) log.warn({ err }, 'traffic could not be reported: it waits')
    }
    meter.set('mooring_edge_traffic_waiting', {}, traffic.waiting())
  }
}

async function reportAll({ traffic, controlPlane, meter }: TrafficLoop, signal: AbortSignal): Promise<void> {
  for (let piece = await traffic.next(); piece !== null && !signal.aborted; piece = await traffic.next()) {
    // The same batches each time: a piece always has the same rows.
    for (let from = 0; from < piece.rows.length; from += MOST_TRAFFIC_ROWS) {
      const rows = piece.rows.slice(from, from + MOST_TRAFFIC_ROWS)
      await controlPlane.reportTraffic({ batch: `${piece.name}.${from}`, rows }, signal)
    }
    await piece.settle()
    measure(piece, meter)
  }
}

function measure({ rows, unrouted }: TrafficPiece, meter: Meter): void {
  for (const [place, status] of CLASSES.entries()) {
    const requests = rows.reduce((sum, row) => sum + (row.status[place] ?? 0), 0)
    meter.count('mooring_edge_requests_total', { status }, requests)
  }
  meter.count('mooring_edge_unrouted_requests_total', {}, unrouted)
}
