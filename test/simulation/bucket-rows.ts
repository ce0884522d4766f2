import { type BucketState, UNTOUCHED } from '@mooring/core'

interface Columns {
  tat: Float64Array
  line: Float64Array
  blockedUntil: Float64Array
  reserved: Uint16Array
  failures: Uint16Array
}

/** Rows of `ca_budgets`, one kind of bucket, by number. Columns exist once a row is written. */
export class BucketRows {
  readonly #size: number
  #columns: Columns | null = null

  constructor(size: number) {
    this.#size = size
  }

  read(row: number): BucketState {
    const columns = this.#columns
    if (columns === null) return UNTOUCHED
    const tat = columns.tat[row] ?? 0
    const line = columns.line[row] ?? 0
    const blockedUntil = columns.blockedUntil[row] ?? 0
    const reserved = columns.reserved[row] ?? 0
    const failures = columns.failures[row] ?? 0
    if (tat === 0 && line === 0 && blockedUntil === 0 && reserved === 0 && failures === 0) return UNTOUCHED
    return { tat, line, blockedUntil, reserved, failures, unpauseUrl: null }
  }

  write(row: number, { tat, line, blockedUntil, reserved, failures }: BucketState): void {
    this.#columns ??= newColumns(this.#size)
    const columns = this.#columns
    columns.tat[row] = tat
    columns.line[row] = line
    columns.blockedUntil[row] = blockedUntil
    columns.reserved[row] = reserved
    columns.failures[row] = failures
  }
}

const newColumns = (size: number): Columns => ({
  tat: new Float64Array(size),
  line: new Float64Array(size),
  blockedUntil: new Float64Array(size),
  reserved: new Uint16Array(size),
  failures: new Uint16Array(size),
})
