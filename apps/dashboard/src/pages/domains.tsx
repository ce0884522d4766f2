import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ACTORS, type Domain, STATES } from '../api/domain.ts'
import type { Page } from '../api/page.ts'
import { useKnownCodes } from '../api/known-codes.ts'
import { get, withQuery } from '../api/request.ts'
import { useSeesPlatform } from '../api/session.ts'
import { LIVE } from '../live/refresh-queries.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { BulkMenu } from '../parts/bulk-menu.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { ChoiceFilter, TextFilter } from '../parts/filter-fields.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Pager } from '../parts/pager.tsx'
import { ReasonText } from '../parts/reason-text.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import type { Column } from '../parts/table-column.ts'
import { useFilters } from '../parts/use-filters.ts'
import { When } from '../parts/when.tsx'
import { words } from '../parts/words.ts'

const FILTERS = ['q', 'state', 'reason', 'actor', 'tenant', 'service', 'cursor'] as const

const ACTIONS = [
  { name: 'check' },
  { name: 'retry' },
  { name: 'renew' },
  { name: 'suspend', isGrave: true },
  { name: 'resume' },
  { name: 'delete', isGrave: true },
]

/** All domains, narrowed by what the address says. */
export function DomainsPage() {
  const [filters, setFilters] = useFilters(FILTERS)
  const { cursor, ...filter } = filters
  const query = useQuery({
    queryKey: ['domains', filters],
    queryFn: ({ signal }) => get<Page<Domain>>(withQuery('/v1/domains', filters), signal),
    placeholderData: keepPreviousData,
    meta: LIVE.list,
  })
  const { reasons: codes } = useKnownCodes()
  const seesPlatform = useSeesPlatform()
  return (
    <>
      <PageHead title="Domains" hint="Every hostname that customers tied to the platform.">
        <BulkMenu path="/v1/domains:bulk-actions" noun="domain" actions={ACTIONS} filter={filter} />
      </PageHead>
      <div className="filters">
        <TextFilter isMain label="Part of a hostname" value={filter.q} onChange={(q) => setFilters({ q })} />
        <ChoiceFilter label="State" options={STATES} value={filter.state} onChange={(state) => setFilters({ state })} />
        <ChoiceFilter
          label="Who must act"
          options={ACTORS}
          value={filter.actor}
          onChange={(actor) => setFilters({ actor })}
        />
        <ChoiceFilter
          label="Reason"
          options={codes}
          value={filter.reason}
          onChange={(reason) => setFilters({ reason })}
        />
        <TextFilter label="Tenant" value={filter.tenant} onChange={(tenant) => setFilters({ tenant })} />
        {seesPlatform && (
          <TextFilter label="Service" value={filter.service} onChange={(service) => setFilters({ service })} />
        )}
      </div>
      <AsyncView query={query}>
        {({ data, next_cursor: next }) => (
          <>
            {data.length === 0 && <NoDomains isFiltered={Object.keys(filter).length > 0} />}
            {data.length > 0 && <DataTable label="Domains" rows={data} columns={COLUMNS} idOf={({ id }) => id} />}
            <Pager cursor={cursor} next={next} onCursor={(to) => setFilters({ cursor: to })} />
          </>
        )}
      </AsyncView>
    </>
  )
}

function NoDomains({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No domain matches">Clear a filter.</Empty>
  return (
    <Empty title="No domain yet">
      A platform launches one with <code>POST /v1/domains</code>; see the <a href="/docs">API reference</a>.
    </Empty>
  )
}

const COLUMNS: Column<Domain>[] = [
  {
    id: 'hostname',
    header: 'Hostname',
    cell: ({ id, hostname, tenant }) => (
      <div className="name">
        <Link to="/domains/$id" params={{ id }}>
          {hostname}
        </Link>
        <small>{tenant}</small>
      </div>
    ),
  },
  {
    id: 'state',
    header: 'State',
    cell: ({ state, step }) => (
      <div>
        <StateBadge state={state} />
        {state !== 'active' && <small className="under">{words(step)}</small>}
      </div>
    ),
  },
  {
    id: 'reason',
    header: 'Reason',
    cell: ({ reason }) => (reason === null ? <span className="soft">–</span> : <ReasonText reason={reason} />),
  },
  {
    id: 'certificate',
    header: 'Certificate ends',
    cell: ({ certificate }) => <When at={certificate.not_after} />,
  },
  { id: 'next', header: 'Next check', cell: ({ next_check_at: at }) => <When at={at} past="now" /> },
  { id: 'updated', header: 'Changed', cell: ({ updated_at: at }) => <When at={at} /> },
]
