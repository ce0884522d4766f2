import { Button } from '@mantine/core'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import type { AuditChains, AuditEntry } from '../api/access.ts'
import type { Page } from '../api/page.ts'
import { get, withQuery } from '../api/request.ts'
import { AUDIT_COLUMNS } from '../audit/audit-columns.tsx'
import { LIVE } from '../live/refresh-queries.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { TextFilter } from '../parts/filter-fields.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Pager } from '../parts/pager.tsx'
import { ProblemCard } from '../parts/problem-card.tsx'
import { useFilters } from '../parts/use-filters.ts'
import { count, plural } from '../parts/words.ts'

const FILTERS = ['subject', 'actor', 'action', 'tenant', 'cursor'] as const

/** Who did what, and why. */
export function AuditPage() {
  const [filters, setFilters] = useFilters(FILTERS)
  const { cursor, ...filter } = filters
  const query = useQuery({
    queryKey: ['audit', filters],
    queryFn: ({ signal }) => get<Page<AuditEntry>>(withQuery('/v1/audit', filters), signal),
    placeholderData: keepPreviousData,
    meta: LIVE.list,
  })
  const verify = useMutation({ mutationFn: () => get<AuditChains>('/v1/audit/verify') })
  return (
    <>
      <PageHead
        title="Audit"
        hint="Every change by a person or a key, chained so that nothing can be taken out unseen."
      >
        <Button size="xs" variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>
          Verify
        </Button>
        <Button
          size="xs"
          variant="default"
          component="a"
          href={withQuery('/v1/audit/export', filter)}
          download="audit.ndjson"
        >
          Export
        </Button>
      </PageHead>
      {verify.error !== null && <ProblemCard error={verify.error} />}
      {verify.data !== undefined && <Verdict {...verify.data} />}
      <div className="filters">
        <TextFilter
          isMain
          label="Id of the subject"
          value={filter.subject}
          onChange={(subject) => setFilters({ subject })}
        />
        <TextFilter label="Id of who" value={filter.actor} onChange={(actor) => setFilters({ actor })} />
        <TextFilter label="Action" value={filter.action} onChange={(action) => setFilters({ action })} />
        <TextFilter label="Tenant" value={filter.tenant} onChange={(tenant) => setFilters({ tenant })} />
      </div>
      <AsyncView query={query}>
        {({ data, next_cursor: next }) => (
          <>
            {data.length === 0 ? (
              <Empty title="No entry">Changes are recorded as they are made; clear a filter if one is set.</Empty>
            ) : (
              <DataTable label="Audit log" rows={data} columns={AUDIT_COLUMNS} idOf={({ id }) => id} />
            )}
            <Pager cursor={cursor} next={next} onCursor={(to) => setFilters({ cursor: to })} />
          </>
        )}
      </AsyncView>
    </>
  )
}

function Verdict({ chains }: AuditChains) {
  const broken = chains.filter(({ ok }) => !ok)
  const entries = chains.reduce((sum, chain) => sum + chain.entries, 0)
  if (broken.length === 0) {
    return (
      <p className="notice good" role="status">
        {plural(chains.length, 'chain')} with {plural(entries, 'entry', 'entries')} verified: nothing is missing or
        changed.
      </p>
    )
  }
  return (
    <p className="notice bad" role="alert">
      {count(broken.length)} of {plural(chains.length, 'chain')} broken:{' '}
      {broken.map(({ tenant, broken_at: at }) => `${tenant === '' ? 'platform' : tenant} at entry ${at}`).join(', ')}.
      Keep the database as it is and compare it with a backup.
    </p>
  )
}
