import { type Block, type Piece, line, piece } from './page.ts'
import { columnsOf } from './visible-text.ts'

type Table = Extract<Block, { kind: 'table' }>
type Line = Extract<Block, { kind: 'line' }>

const GAP = '  '
/** A cell that is wider pushes the rest of its row aside, and of that row alone. */
const WIDEST_CELLS = [Infinity, 40, 32, 24, 16]

/** A table as lines for a place of this width: the more room there is, the wider a column may be. */
export function tableRows({ columns, rows }: Table, width: number): Line[] {
  const titles = columns.map(({ title }) => piece(title, 'faint'))
  const natural = columns.map((_, at) => Math.max(...[titles, ...rows].map((row) => columnsOf(row[at]?.text ?? ''))))
  const candidates = WIDEST_CELLS.map((widest) => natural.map((columnWidth) => Math.min(widest, columnWidth)))
  const widths = candidates.find((each) => doTitlesFit(titles, each, width)) ?? candidates.at(-1) ?? []
  return [titles, ...rows].map((row) => {
    // Empty cells at the end are left out: their room would be a row of nothing.
    const last = row.findLastIndex(({ text }) => text !== '')
    const cells = row
      .slice(0, last + 1)
      .map((cell, at) => padded(cell, { align: columns[at]?.align, width: widths[at] ?? 0, isLast: at === last }))
    return line(cells.flat(), { hanging: 2 }) as Line
  })
}

/** Of the last column, no more than its title: what is in it may be wrapped. */
function doTitlesFit(titles: Piece[], widths: number[], width: number): boolean {
  const before = widths.slice(0, -1).reduce((sum, each) => sum + each + GAP.length, 0)
  return before + columnsOf(titles.at(-1)?.text ?? '') <= width
}

function padded(
  cell: Piece,
  { align, width, isLast }: { align: 'right' | undefined; width: number; isLast: boolean },
): Piece[] {
  const room = piece(' '.repeat(Math.max(0, width - columnsOf(cell.text))))
  const gap = isLast ? [] : [piece(GAP)]
  if (align === 'right') return [room, cell, ...gap]
  return isLast ? [cell] : [cell, room, ...gap]
}
