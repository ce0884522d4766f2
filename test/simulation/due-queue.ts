import { MINUTE, SECOND } from '@mooring/core'

const NONE = -1
const IN_HEAP = -2
const SECONDS = MINUTE / SECOND

/**
 * Who is due when: a calendar of minutes, each an unordered list of names. The minute that has come is dealt out into
 * seconds, and the second that has come into a heap. A name has at most one due time. Adding and removing cost the same
 * with ten names and with millions, and nothing is allocated on the way.
 */
export class DueQueue {
  readonly #due: Float64Array
  readonly #next: Int32Array
  readonly #previous: Int32Array
  /** The list that a name stands in: a minute, a second behind all minutes, the heap, or none. */
  readonly #list: Int32Array
  readonly #heads: Int32Array
  readonly #heap: Int32Array
  readonly #minutes: number
  #heapSize = 0
  #minute = -1
  #second = SECONDS - 1

  constructor(names: number, endMs: number) {
    this.#minutes = Math.ceil(endMs / MINUTE) + 1
    this.#due = new Float64Array(names)
    this.#next = new Int32Array(names).fill(NONE)
    this.#previous = new Int32Array(names).fill(NONE)
    this.#list = new Int32Array(names).fill(NONE)
    this.#heads = new Int32Array(this.#minutes + SECONDS).fill(NONE)
    this.#heap = new Int32Array(names)
  }

  /**
   * `at` in milliseconds since the beginning. What is due after the end is forgotten; what was due before is due now. A name
   * that is due within the second keeps its time.
   */
  add(name: number, at: number): void {
    if (this.#list[name] === IN_HEAP) return
    this.#unlink(name)
    this.#due[name] = at
    const minute = Math.floor(at / MINUTE)
    if (minute >= this.#minutes) return
    if (minute > this.#minute) return this.#link(name, minute)
    const second = minute < this.#minute ? NONE : Math.floor((at % MINUTE) / SECOND)
    if (second > this.#second) this.#link(name, this.#minutes + second)
    else this.#push(name)
  }

  /** As `add`, but never later than it is due already. */
  bringForward(name: number, at: number): void {
    if (this.#list[name] === NONE || at < this.#dueAt(name)) this.add(name, at)
  }

  /** Takes the name that is due first, if it is due at `until` or before; null when none is. */
  take(until: number): { name: number; at: number } | null {
    while (this.#heapSize === 0) {
      if (!this.#advance(until)) return null
    }
    const first = this.#heap[0] ?? NONE
    const at = this.#dueAt(first)
    if (at > until) return null
    this.#list[first] = NONE
    this.#heapSize -= 1
    if (this.#heapSize > 0) this.#sink(this.#heap[this.#heapSize] ?? NONE)
    return { name: first, at }
  }

  #advance(until: number): boolean {
    if (this.#second + 1 < SECONDS) {
      if (this.#minute * MINUTE + (this.#second + 1) * SECOND > until) return false
      this.#second += 1
      this.#each(this.#minutes + this.#second, (name) => this.#push(name))
      return true
    }
    if (this.#minute + 1 >= this.#minutes || (this.#minute + 1) * MINUTE > until) return false
    this.#minute += 1
    this.#second = -1
    this.#each(this.#minute, (name) => {
      this.#link(name, this.#minutes + Math.floor((this.#dueAt(name) % MINUTE) / SECOND))
    })
    return true
  }

  #each(list: number, visit: (name: number) => void): void {
    let name = this.#heads[list] ?? NONE
    this.#heads[list] = NONE
    while (name !== NONE) {
      const next = this.#next[name] ?? NONE
      this.#list[name] = NONE
      visit(name)
      name = next
    }
  }

  #dueAt(name: number): number {
    return this.#due[name] ?? Number.NaN
  }

  #unlink(name: number): void {
    const list = this.#list[name] ?? NONE
    if (list === NONE) return
    const [next, previous] = [this.#next[name] ?? NONE, this.#previous[name] ?? NONE]
    if (previous === NONE) this.#heads[list] = next
    else this.#next[previous] = next
    if (next !== NONE) this.#previous[next] = previous
    this.#list[name] = NONE
  }

  #link(name: number, list: number): void {
    const head = this.#heads[list] ?? NONE
    this.#next[name] = head
    this.#previous[name] = NONE
    if (head !== NONE) this.#previous[head] = name
    this.#heads[list] = name
    this.#list[name] = list
  }

  #push(name: number): void {
    this.#list[name] = IN_HEAP
    let at = this.#heapSize
    this.#heapSize += 1
    const due = this.#dueAt(name)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = this.#heap[parent] ?? NONE
      if (this.#dueAt(above) <= due) break
      this.#heap[at] = above
      at = parent
    }
    this.#heap[at] = name
  }

  #sink(name: number): void {
    const due = this.#dueAt(name)
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#heapSize) break
      const [left, right] = [this.#heap[child] ?? NONE, this.#heap[child + 1] ?? NONE]
      let least = left
      if (child + 1 < this.#heapSize && this.#dueAt(right) < this.#dueAt(left)) {
        child += 1
        least = right
      }
      if (this.#dueAt(least) >= due) break
      this.#heap[at] = least
      at = child
    }
    this.#heap[at] = name
  }
}
