import { SECOND } from '@mooring/core'

/**
 * What one look-up may cost, whatever the zones on its way say: so many servers asked, each by at most two datagrams and
 * two connections, and so much time.
 */
export class Budget {
  /** Fires when the time is over. */
  readonly signal: AbortSignal
  #questions: number

  constructor({ questions, ms }: { questions: number; ms: number }) {
    this.#questions = questions
    this.signal = AbortSignal.timeout(ms)
  }

  /** False when nothing is left. */
  spend(): boolean {
    this.#questions -= 1
    return this.#questions >= 0 && !this.signal.aborted
  }
}

export const newBudget = (): Budget => new Budget({ questions: 60, ms: 8 * SECOND })
