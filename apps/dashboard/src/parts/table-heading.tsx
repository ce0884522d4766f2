import type { Column } from './table-column.ts'

interface Props<Row> {
  column: Column<Row>
  /** The id of the column that rows are ordered by, after a `-` from the largest on. */
  sort: string
  onSort(sort: string): void
}

/** A column's heading; a button where the rows can be ordered by it. */
export function TableHeading<Row>({ column, sort, onSort }: Props<Row>) {
  const { id, header, isNumber = false, isHeaderHidden = false, order } = column
  const className = isNumber ? 'number' : undefined
  if (order === undefined) {
    return (
      <th role="columnheader" scope="col" className={className}>
        <span className={isHeaderHidden ? 'unseen' : undefined}>{header}</span>
      </th>
    )
  }
  const direction = sort === id ? 'ascending' : sort === `-${id}` ? 'descending' : 'none'
  const next = direction === 'ascending' ? `-${id}` : direction === 'descending' ? '' : id
  return (
    <th role="columnheader" scope="col" className={className} aria-sort={direction}>
      <button type="button" className="sort" onClick={() => onSort(next)}>
        {header}
        <span aria-hidden="true">{direction === 'ascending' ? '↑' : direction === 'descending' ? '↓' : ''}</span>
      </button>
    </th>
  )
}
