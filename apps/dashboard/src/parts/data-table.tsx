import {
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  sortFns,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useMemo } from 'react'
import type { Column } from './table-column.ts'
import { TableHeading } from './table-heading.tsx'
import { useFilters } from './use-filters.ts'

interface Props<Row> {
  /** Said before the table is read. */
  label: string
  rows: Row[]
  /** Made once: outside the component, or remembered. */
  columns: Column<Row>[]
  idOf(row: Row): string
}

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns })

/** Rows that become cards on a phone. j and k walk through them (shell/use-keys.ts), Enter follows a row's first link. */
export function DataTable<Row extends object>({ label, rows, columns, idOf }: Props<Row>) {
  const [{ sort = '' }, setFilters] = useFilters(['sort'])
  const sorting = useMemo<SortingState>(
    () => (sort === '' ? [] : [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }]),
    [sort],
  )
  const definitions = useMemo(() => columns.map(definitionOf), [columns])
  const byId = new Map(columns.map((column) => [column.id, column]))
  const table = useTable({ features, data: rows, columns: definitions, getRowId: idOf, state: { sorting } })

  return (
    <table role="table" aria-label={label} className="data-table">
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <TableHeading key={column.id} column={column} sort={sort} onSort={(next) => setFilters({ sort: next })} />
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {table.getRowModel().rows.map((row) => (
          <tr role="row" key={row.id} data-row tabIndex={-1}>
            {row.getAllCells().map(({ id, column: { id: columnId } }) => {
              const column = byId.get(columnId)
              return (
                <td
                  role="cell"
                  key={id}
                  className={column?.isNumber === true ? 'number' : undefined}
                  data-label={column?.isHeaderHidden === true ? undefined : column?.header}
                >
                  {column?.cell(row.original)}
                </td>
              )
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const definitionOf = <Row extends object>({ id, header, order }: Column<Row>) => ({
  id,
  header,
  // Without it a column has no value that could be ordered by.
  accessorFn: order ?? (() => ''),
  enableSorting: order !== undefined,
})
