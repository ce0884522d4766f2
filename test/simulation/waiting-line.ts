const NONE = -1

/** Names that are due while every worker is busy, first come first served. A name stands in one line at most. */
export class WaitingLine {
  readonly #behind: Int32Array
  #first = NONE
  #last = NONE
  length = 0

  /** `behind` may be shared by lines that have no name in common. */
  constructor(behind: Int32Array) {
    this.#behind = behind
  }

  add(name: number): void {
    this.#behind[name] = NONE
    if (this.#last === NONE) this.#first = name
    else this.#behind[this.#last] = name
    this.#last = name
    this.length += 1
  }

  take(): number | null {
    if (this.#first === NONE) return null
    const name = this.#first
    this.#first = this.#behind[name] ?? NONE
    if (this.#first === NONE) this.#last = NONE
    this.length -= 1
    return name
  }
}
