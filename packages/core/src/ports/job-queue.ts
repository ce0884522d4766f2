import type { Lane } from '../domain/domain.ts'
import type { DeadLetter, Hint } from '../messages.ts'

/** Carries hints to workers. Losing, repeating or reordering every message changes nothing but latency. */
export interface JobQueue {
  /**
   * Publishes and waits for the broker's word. `confirmed` are in a queue; `unconfirmed` are unknown or returned:
   * the row stays hinted and is hinted again later. Never throws for a broker that is down.
   */
  publish(hints: Hint[]): Promise<{ confirmed: number; unconfirmed: number }>
  /** Hands hints to `handle`, at most `slots` at a time over all lanes, the most urgent lane first. Acks when `handle` settles. */
  consume(options: { slots: number; handle: (hint: Hint) => Promise<void> }): Promise<Consumer>
  /** Hands dead letters to `handle`, acking each only after it resolved. */
  consumeDeadLetters(handle: (letter: DeadLetter) => Promise<void>): Promise<Consumer>
  /** Messages waiting per lane, so that the promoter keeps queues shallow; null while the broker cannot be asked. */
  depth(): Promise<Record<Lane, number> | null>
  /** Every queue there is, dead letters too, for ops; null while the broker cannot be asked. */
  queues(): Promise<QueueStanding[] | null>
  /** Whether the broker is connected and not blocking publishers. */
  isHealthy(): boolean
  close(): Promise<void>
}

export interface QueueStanding {
  name: string
  messages: number
  consumers: number
}

export interface Consumer {
  /** Takes no new work, waits up to `drainMs` for what is in hand, then returns. */
  stop(options: { drainMs: number }): Promise<void>
}

/** Finds due work for the queue. */
export interface Dispatch {
  /**
   * Marks due rows without a live lease or outstanding hint as hinted, round-robin across tenants, and returns their
   * hints. With `only`, these domains only (right after an intent or a report).
   */
  takeDue(options: { limit: number; only?: string[] }): Promise<Hint[]>
  /** When the earliest row that `takeDue` would take falls due; null when nothing waits. */
  nextDueAt(): Promise<Date | null>
}
