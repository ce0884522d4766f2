import { type DeadLetter, encodeHint, type JobQueue, LANES, type Lane, type Log, parseHint } from '@mooring/core'
import { describeDeadLetter } from '../dead-letter.ts'
import { handOver } from '../hand-over.ts'
import { createLaneGate, type LaneGate } from '../lane-gate.ts'
import { within } from '../pause.ts'

/** As often as RabbitMQ hands out one message (`DELIVERY_LIMIT` of its topology). */
const DELIVERY_LIMIT = 20
/** Kept for whoever consumes dead letters; the oldest go first. */
const MAX_DEAD = 1000

export interface MemoryJobQueue extends JobQueue {
  /** For tests: puts any bytes into a lane, as a stranger could with RabbitMQ. */
  publishRaw(lane: Lane, body: Buffer): Promise<void>
}

interface Message {
  lane: Lane
  body: Buffer
  /** How often a consumer gave it back. */
  returned: number
}

/** The port for one process. Safe because the queue never holds truth: what is lost with the process is hinted again. */
export function createMemoryJobQueue({ log }: { log: Log }): MemoryJobQueue {
  const lanes: Record<Lane, Message[]> = { interactive: [], renewal: [], normal: [] }
  const gates = new Set<LaneGate>()
  const dead: DeadLetter[] = []
  const closing = new AbortController()
  let onDead = Promise.withResolvers<void>()
  let undertakers = 0

  function put(message: Message): void {
    lanes[message.lane].push(message)
    for (const gate of gates) gate.wake()
  }

  function bury({ lane, body }: Message, reason: string): void {
    const letter = describeDeadLetter(body, { queue: lane, reason })
    dead.push(letter)
    if (dead.length > MAX_DEAD) dead.shift()
    log.warn({ queue: lane, code: letter.code }, 'message refused')
    onDead.resolve()
  }

  return {
    async publish(hints) {
      if (closing.signal.aborted) return { confirmed: 0, unconfirmed: hints.length }
      for (const hint of hints) put({ lane: hint.lane, body: encodeHint(hint), returned: 0 })
      return { confirmed: hints.length, unconfirmed: 0 }
    },

    async publishRaw(lane, body) {
      put({ lane, body, returned: 0 })
    },

    async consume({ slots, handle }) {
      async function run(message: Message): Promise<void> {
        const hint = parseHint(message.body)
        if (!hint.ok) return bury(message, 'rejected')
        try {
          await handle(hint.value)
        } catch (error) {
          // Why, the handler has told.
          log.debug({ err: error, domainId: hint.value.domainId }, 'hint given back')
          message.returned += 1
          if (message.returned > DELIVERY_LIMIT) bury(message, 'delivery_limit')
          else put(message)
        }
      }
      const gate = createLaneGate({ slots, lanes, run })
      gates.add(gate)
      gate.wake()
      return {
        async stop({ drainMs }) {
          gate.close()
          gates.delete(gate)
          await within(drainMs, gate.idle())
        },
      }
    },

    async consumeDeadLetters(handle) {
      const stopping = new AbortController()
      const signal = AbortSignal.any([stopping.signal, closing.signal])
      signal.addEventListener('abort', () => onDead.resolve())

      async function deliver(): Promise<void> {
        while (!signal.aborted) {
          const letter = dead.shift()
          if (letter === undefined) await onDead.promise
          else if (!(await handOver(letter, { handle, signal, log }))) dead.unshift(letter)
          if (dead.length === 0 && !signal.aborted) onDead = Promise.withResolvers()
        }
      }
      undertakers += 1
      const delivery = deliver().finally(() => {
        undertakers -= 1
      })
      return {
        async stop({ drainMs }) {
          stopping.abort()
          await within(drainMs, delivery)
        },
      }
    },

    async depth() {
      return Object.fromEntries(LANES.map((lane) => [lane, lanes[lane].length])) as Record<Lane, number>
    },

    async queues() {
      const waiting = LANES.map((lane) => ({ name: lane, messages: lanes[lane].length, consumers: gates.size }))
      return [...waiting, { name: 'dead', messages: dead.length, consumers: undertakers }]
    },

    isHealthy: () => !closing.signal.aborted,

    async close() {
      closing.abort()
      for (const gate of gates) gate.close()
    },
  }
}
