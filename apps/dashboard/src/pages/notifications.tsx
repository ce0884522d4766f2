import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Notice } from '../api/notice.ts'
import type { Page } from '../api/page.ts'
import { get, withQuery } from '../api/request.ts'
import { useMay } from '../api/session.ts'
import { LIVE } from '../live/refresh-queries.ts'
import { noticeColumns } from '../notices/notice-columns.tsx'
import { SilenceCard } from '../notices/silence-card.tsx'
import { AsyncView } from '../parts/async-view.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Pager } from '../parts/pager.tsx'
import { useFilters } from '../parts/use-filters.ts'

/** What was told, to whom, and what was held back and why. */
export function NotificationsPage() {
  const [{ cursor }, setFilters] = useFilters(['cursor'])
  const columns = noticeColumns(useMay('operator'))
  const query = useQuery({
    queryKey: ['notifications', cursor],
    queryFn: ({ signal }) => get<Page<Notice>>(withQuery('/v1/notifications', { cursor }), signal),
    placeholderData: keepPreviousData,
    meta: LIVE.list,
  })
  return (
    <>
      <PageHead title="Notifications" hint="Told once, counted after that, and told again when it is over." />
      <div className="stack">
        <SilenceCard />
        <AsyncView query={query}>
          {({ data, next_cursor: next }) => (
            <>
              {data.length === 0 ? (
                <Empty title="Nothing was told yet">
                  Failures are told here always, and to Slack, by mail or by webhook where one is configured.
                </Empty>
              ) : (
                <DataTable label="Notifications" rows={data} columns={columns} idOf={({ id }) => id} />
              )}
              <Pager cursor={cursor} next={next} onCursor={(to) => setFilters({ cursor: to })} />
            </>
          )}
        </AsyncView>
      </div>
    </>
  )
}
