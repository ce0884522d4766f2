import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { Page } from '../api/page.ts'
import { get, withQuery } from '../api/request.ts'
import { useMay } from '../api/session.ts'
import type { Delivery, Webhook } from '../api/webhook.ts'
import { LIVE } from '../live/refresh-queries.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { ChoiceFilter } from '../parts/filter-fields.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Pager } from '../parts/pager.tsx'
import { useFilters } from '../parts/use-filters.ts'
import { deliveryColumns } from '../webhooks/delivery-columns.tsx'
import { WebhookActions } from '../webhooks/webhook-actions.tsx'

const STATUSES = ['pending', 'delivered', 'failed']

/** One webhook: what was sent to it, what it answered, and sending it again. */
export function WebhookPage() {
  const { id = '' } = useParams({ strict: false })
  const path = `/v1/webhooks/${encodeURIComponent(id)}`
  const query = useQuery({ queryKey: ['webhook', id], queryFn: ({ signal }) => get<Webhook>(path, signal) })
  return (
    <>
      {query.data === undefined && <PageHead title="Webhook" />}
      <AsyncView query={query}>
        {(webhook) => (
          <>
            <PageHead title={webhook.url} hint={webhook.description}>
              <WebhookActions webhook={webhook} />
            </PageHead>
            {webhook.disabled_at !== null && (
              <p className="notice bad">
                It is disabled{webhook.disabled_because === 'gone' && ': it answered 410 Gone'}. Nothing is sent until
                it is enabled again.
              </p>
            )}
            <Deliveries path={path} />
          </>
        )}
      </AsyncView>
    </>
  )
}

function Deliveries({ path }: { path: string }) {
  const [filters, setFilters] = useFilters(['status', 'cursor'])
  const mayReplay = useMay('operator')
  const columns = useMemo(() => deliveryColumns(path, mayReplay), [path, mayReplay])
  const query = useQuery({
    queryKey: ['deliveries', path, filters],
    queryFn: ({ signal }) => get<Page<Delivery>>(withQuery(`${path}/deliveries`, filters), signal),
    placeholderData: keepPreviousData,
    meta: LIVE.list,
    // No event tells of a delivery.
    refetchInterval: ({ state }) => (state.data?.data.some(isUnderWay) === true ? 2_000 : false),
  })
  return (
    <>
      <div className="filters">
        <ChoiceFilter
          label="Status"
          options={STATUSES}
          value={filters.status}
          onChange={(status) => setFilters({ status })}
        />
      </div>
      <AsyncView query={query}>
        {({ data, next_cursor: next }) => (
          <>
            {data.length === 0 ? (
              <Empty title="No delivery here">Send a test from the actions above, or wait for the next event.</Empty>
            ) : (
              <DataTable label="Deliveries" rows={data} columns={columns} idOf={(one) => one.id} />
            )}
            <Pager cursor={filters.cursor} next={next} onCursor={(cursor) => setFilters({ cursor })} />
          </>
        )}
      </AsyncView>
    </>
  )
}

const isUnderWay = ({ status, next_at: at }: Delivery): boolean =>
  status === 'pending' && (at === null || Date.parse(at) <= Date.now())
