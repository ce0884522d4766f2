import type { EngineDeps, JobQueue, Log } from '@mooring/core'
import { takeHints } from './take-hints.ts'

export interface WorkerDeps {
  queue: JobQueue
  /** What the engine needs, but for what belongs to this process. */
  engine: Omit<EngineDeps, 'worker' | 'stopping' | 'log'>
  /** Announces this process to ops, and to the promoter that keeps queues shallow. */
  roster: {
    heartbeat(worker: { name: string; slots: number }): Promise<{ draining: boolean }>
    leave(name: string): Promise<void>
  }
  name: string
  /** Domains in hand at once. */
  slots: number
  heartbeatMs: number
  log: Log
}

export interface Worker {
  /** Takes no new hints, finishes the steps in hand for `drainMs` at most, and gives their domains back. */
  stop(options: { drainMs: number }): Promise<void>
}

/** Takes hints; each of the slots claims one domain at a time and runs its steps. */
export async function startWorker(deps: WorkerDeps): Promise<Worker> {
  const stopping = new AbortController()
  const engine: EngineDeps = { ...deps.engine, worker: deps.name, log: deps.log, stopping: stopping.signal }
  const hints = await takeHints({ ...deps, engine })
  const heart = startAnnouncing(deps, hints.setDraining)
  deps.log.info({ worker: deps.name, slots: deps.slots }, 'worker started')

  return {
    async stop(options) {
      stopping.abort()
      await hints.stop(options)
      await heart.stop()
    },
  }
}

function startAnnouncing(
  { roster, name, slots, heartbeatMs, log }: WorkerDeps,
  setDraining: (draining: boolean) => void,
): { stop(): Promise<void> } {
  let last = Promise.resolve()
  const announce = () => {
    last = roster.heartbeat({ name, slots }).then(
      ({ draining }) => setDraining(draining),
      (error: unknown) => log.warn({ err: error }, 'worker not announced'),
    )
  }
  announce()
  const timer = setInterval(announce, heartbeatMs)
  return {
    async stop() {
      clearInterval(timer)
      await last
      await roster.leave(name).catch((error: unknown) => log.warn({ err: error }, 'worker not signed off'))
    },
  }
}
