import { type Consumer, type EngineDeps, HOUR, type JobQueue, type Log } from '@mooring/core'
import { createHandler } from './handle-hint.ts'

interface TakeHints {
  queue: JobQueue
  engine: EngineDeps
  name: string
  slots: number
  log: Log
}

export interface HintTaker {
  /** Returns at once. Drained, the worker finishes what it has in hand and takes nothing until it is not drained any more. */
  setDraining(draining: boolean): void
  stop(options: { drainMs: number }): Promise<void>
}

/** Steps end by themselves: whoever drains a worker waits for them, and nothing is given back half done. */
const DRAIN_MS = 1 * HOUR

/** Consumes hints, and pauses while an operator drains the worker. What is wished for last is what comes to be. */
export async function takeHints({ queue, engine, name, slots, log }: TakeHints): Promise<HintTaker> {
  const handle = createHandler(engine)
  let consumer: Consumer | null = await queue.consume({ slots, handle })
  let wished = false
  const stopping = new AbortController()
  let settling: Promise<void> | null = null
  /** Drained, with steps in hand. */
  const leaving = new Set<Consumer>()

  /** Not waited for: whoever wants the worker back meanwhile need not wait for its longest step. */
  function leave(drained: Consumer): void {
    leaving.add(drained)
    drained
      .stop({ drainMs: DRAIN_MS })
      .catch((error: unknown) => log.warn({ err: error }, 'worker not drained'))
      .finally(() => leaving.delete(drained))
  }

  async function settle(): Promise<void> {
    while (!stopping.signal.aborted && wished !== (consumer === null)) {
      if (consumer === null) {
        log.info({ worker: name }, 'worker takes hints again')
        consumer = await queue.consume({ slots, handle })
      } else {
        log.info({ worker: name }, 'worker is drained')
        leave(consumer)
        consumer = null
      }
    }
  }

  return {
    setDraining(draining) {
      wished = draining
      settling ??= settle()
        .catch((error: unknown) => log.warn({ err: error }, 'worker not drained'))
        .finally(() => {
          settling = null
        })
    },
    async stop(options) {
      stopping.abort()
      if (settling !== null) await settling
      const consumers = consumer === null ? [...leaving] : [consumer, ...leaving]
      await Promise.all(consumers.map((one) => one.stop(options)))
    },
  }
}
