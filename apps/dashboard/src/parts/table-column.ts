import type { ReactNode } from 'react'

export interface Column<Row> {
  id: string
  header: string
  cell(row: Row): ReactNode
  /** Figures: to the right, each digit as wide as any other. */
  isNumber?: boolean
  /** What rows are ordered by; only for lists that are here as a whole. */
  order?(row: Row): string | number
  /** Told aloud, not shown: a column of buttons. */
  isHeaderHidden?: boolean
}
