import { type Page, type Piece, type TableColumn, line, piece } from './page.ts'

/** One column of a table. What may be long stands in the last: it is wrapped below its row. */
export interface Column<Row> extends TableColumn {
  show(row: Row): string | Piece
}

/** A row of titles, and one for each of `rows`, their cells below one another; `none` when there are none. */
export function table<Row>(columns: Column<Row>[], rows: Row[], none: string): Page {
  if (rows.length === 0) return [line([piece(none)])]
  return [{ kind: 'table', columns, rows: rows.map((row) => columns.map(({ show }) => pieceOf(show(row)))) }]
}

const pieceOf = (cell: string | Piece): Piece => (typeof cell === 'string' ? piece(cell) : cell)
