import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Certificate } from '../api/fleet.ts'
import type { Page } from '../api/page.ts'
import { get, withQuery } from '../api/request.ts'
import { LIVE } from '../live/refresh-queries.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { Card } from '../parts/card.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { ChoiceFilter } from '../parts/filter-fields.tsx'
import { Pager } from '../parts/pager.tsx'
import { ReasonText } from '../parts/reason-text.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import type { Column } from '../parts/table-column.ts'
import { useFilters } from '../parts/use-filters.ts'
import { When } from '../parts/when.tsx'

const STATUSES = ['issued', 'superseded', 'parked', 'revoked']

/** Certificates, those that end first first; what holds up a renewal is said beside it. */
export function CertificateList() {
  const [filters, setFilters] = useFilters(['status', 'cursor'])
  const query = useQuery({
    queryKey: ['certificates', filters],
    queryFn: ({ signal }) => get<Page<Certificate>>(withQuery('/v1/certificates', filters), signal),
    placeholderData: keepPreviousData,
    meta: LIVE.counts,
  })
  return (
    <Card
      title="Certificates, those that end first first"
      aside={
        <ChoiceFilter
          label="Status"
          options={STATUSES}
          value={filters.status}
          onChange={(status) => setFilters({ status })}
        />
      }
    >
      <AsyncView query={query}>
        {({ data, next_cursor: next }) => (
          <>
            {data.length === 0 ? (
              <Empty title="No certificate here">The first one comes with the first domain that is active.</Empty>
            ) : (
              <DataTable label="Certificates" rows={data} columns={COLUMNS} idOf={({ id }) => id} />
            )}
            <Pager cursor={filters.cursor} next={next} onCursor={(cursor) => setFilters({ cursor })} />
          </>
        )}
      </AsyncView>
    </Card>
  )
}

const COLUMNS: Column<Certificate>[] = [
  {
    id: 'hostname',
    header: 'Hostname',
    cell: ({ domain_id: id, hostname, serial }) => (
      <div className="name">
        <Link to="/domains/$id" params={{ id }}>
          {hostname}
        </Link>
        <small className="number">{serial}</small>
      </div>
    ),
  },
  { id: 'issuer', header: 'Issuer', cell: ({ issuer }) => issuer },
  { id: 'ends', header: 'Ends', cell: ({ not_after: at }) => <When at={at} /> },
  { id: 'renews', header: 'Renewal', cell: ({ renew_at: at }) => <When at={at} /> },
  {
    id: 'urgency',
    header: 'Trouble',
    cell: ({ urgency, reason }) => (
      <>
        {urgency === null ? <span className="soft">–</span> : <StateBadge state={urgency} />}
        {reason !== null && <ReasonText reason={reason} />}
      </>
    ),
  },
]
