import { Link } from '@tanstack/react-router'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { JOB_KINDS, type Jobs } from '../api/fleet.ts'
import { useKnownCodes } from '../api/known-codes.ts'
import { get, withQuery } from '../api/request.ts'
import { JOB_COLUMNS, jobIdOf } from '../jobs/job-columns.tsx'
import { LIVE } from '../live/refresh-queries.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { BulkMenu } from '../parts/bulk-menu.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { ChoiceFilter, TextFilter } from '../parts/filter-fields.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Pager } from '../parts/pager.tsx'
import { useFilters } from '../parts/use-filters.ts'
import { count, words } from '../parts/words.ts'

const FILTERS = ['kind', 'q', 'lane', 'tenant', 'worker', 'step', 'reason', 'cursor'] as const
const LANES = ['interactive', 'renewal', 'normal']
const ACTIONS = [{ name: 'retry' }, { name: 'check' }, { name: 'cancel', isGrave: true }]
const DEAD_ACTIONS = [{ name: 'replay' }, { name: 'discard', isGrave: true }]

// What to say, and what to do, when a kind has nothing in it.
const EMPTY: Record<string, [title: string, advice: string]> = {
  all: ['Nothing to do', 'Active domains are at rest. Whatever is launched next appears here.'],
  due: ['Nothing is due', 'Work that becomes due is taken within seconds while workers run.'],
  running: ['No step is running', 'Workers are idle, or none is running. What waits for somebody is under “Waiting”.'],
  waiting: ['Nothing waits', 'Domains that wait for DNS, a certificate authority or an edge are listed here.'],
  failed: ['Nothing failed', 'Domains that a person must look at are listed here, with the reason and who must act.'],
  dead: ['No dead letters', 'Messages that no worker could take are kept here.'],
}

/** Domains as work. */
export function JobsPage() {
  const [filters, setFilters] = useFilters(FILTERS)
  const { cursor, ...filter } = filters
  const query = useQuery({
    queryKey: ['jobs', filters],
    queryFn: ({ signal }) => get<Jobs>(withQuery('/v1/jobs', filters), signal),
    placeholderData: keepPreviousData,
    meta: LIVE.list,
  })
  const { reasons, steps } = useKnownCodes()
  const isFiltered = Object.keys(filter).some((name) => name !== 'kind')
  const [title, advice] = EMPTY[filter.kind ?? 'all'] ?? ['Nothing here', '']
  return (
    <>
      <PageHead title="Jobs" hint="Domains as work: what is due, who has it in hand, what it waits for.">
        <BulkMenu
          path="/v1/jobs:bulk"
          noun="job"
          actions={filter.kind === 'dead' ? DEAD_ACTIONS : ACTIONS}
          filter={filter}
        />
      </PageHead>
      <KindTabs counts={query.data?.counts ?? {}} kind={filter.kind} />
      <div className="filters">
        <TextFilter isMain label="Filter hostnames" value={filter.q} onChange={(q) => setFilters({ q })} />
        <ChoiceFilter label="Lane" options={LANES} value={filter.lane} onChange={(lane) => setFilters({ lane })} />
        <TextFilter label="Tenant" value={filter.tenant} onChange={(tenant) => setFilters({ tenant })} />
        <TextFilter label="Worker" value={filter.worker} onChange={(worker) => setFilters({ worker })} />
        <ChoiceFilter label="Step" options={steps} value={filter.step} onChange={(step) => setFilters({ step })} />
        <ChoiceFilter
          label="Reason"
          options={reasons}
          value={filter.reason}
          onChange={(reason) => setFilters({ reason })}
        />
      </div>
      <AsyncView query={query}>
        {({ data, next_cursor: next }) => (
          <>
            {data.length === 0 ? (
              <Empty title={isFiltered ? 'No job matches' : title}>
                {isFiltered ? 'Clear a filter, or look under another kind.' : advice}
              </Empty>
            ) : (
              <DataTable label="Jobs" rows={data} columns={JOB_COLUMNS} idOf={jobIdOf} />
            )}
            <Pager cursor={cursor} next={next} onCursor={(to) => setFilters({ cursor: to })} />
          </>
        )}
      </AsyncView>
    </>
  )
}

function KindTabs({ counts, kind }: { counts: Jobs['counts']; kind: string | undefined }) {
  const tabs = useRef<HTMLElement>(null)
  // On a phone the row is longer than the screen.
  useEffect(() => {
    tabs.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [kind])
  const all = Object.values(counts).reduce((sum, one) => sum + one, 0)
  return (
    <nav ref={tabs} className="tabs" aria-label="Kind of job">
      {[undefined, ...JOB_KINDS].map((one) => {
        const number = one === undefined ? all : (counts[one] ?? 0)
        const isAlarm = number > 0 && (one === 'failed' || one === 'dead')
        return (
          <Link
            key={one ?? 'all'}
            to="/jobs"
            search={(before: object) => ({ ...before, kind: one, cursor: undefined })}
            className={isAlarm ? 'alarm' : undefined}
            activeProps={{}}
            // Otherwise "All" would count as open under every kind.
            activeOptions={{ exact: true, explicitUndefined: true }}
            aria-current={one === kind ? 'page' : undefined}
          >
            {words(one ?? 'all')} <b className="number">{count(number)}</b>
          </Link>
        )
      })}
    </nav>
  )
}
