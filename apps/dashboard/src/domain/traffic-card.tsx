import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import type { TrafficMinute } from '../api/domain.ts'
import { get } from '../api/request.ts'
import { LIVE } from '../live/refresh-queries.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { Card } from '../parts/card.tsx'
import { Empty } from '../parts/empty.tsx'
import { bytes, count, plural } from '../parts/words.ts'

const MinutesChart = lazy(() => import('../parts/minutes-chart.tsx').then((part) => ({ default: part.MinutesChart })))

/** What visitors asked in the last hour. */
export function TrafficCard({ id }: { id: string }) {
  const query = useQuery({
    queryKey: ['traffic', id],
    queryFn: ({ signal }) => get<{ data: TrafficMinute[] }>(`/v1/domains/${encodeURIComponent(id)}/traffic`, signal),
    meta: LIVE.counts,
  })
  return (
    <Card title="Traffic of the last hour" className="wide">
      <AsyncView query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No visitor in the last hour">A report of the edges takes about a minute.</Empty>
          ) : (
            <Traffic minutes={data} />
          )
        }
      </AsyncView>
    </Card>
  )
}

function Traffic({ minutes }: { minutes: TrafficMinute[] }) {
  const requests = sum(minutes.map((minute) => minute.requests))
  const broken = sum(minutes.map(({ status }) => status['5xx'] ?? 0))
  const slowest = Math.max(0, ...minutes.map(({ p95_ms: ms }) => ms ?? 0))
  const said = `${plural(requests, 'request')}, ${plural(broken, 'server error')}, ${bytes(sum(minutes.map((one) => one.bytes)))}, 95 % within ${count(slowest)} ms`
  return (
    <>
      <p className="soft number">{said}</p>
      <Suspense fallback={<div className="chart-place" />}>
        <MinutesChart
          label={`Requests by the minute: ${said}`}
          minutes={minutes.map(({ minute }) => minute)}
          series={[
            { label: 'Requests', color: 'busy', values: minutes.map((minute) => minute.requests) },
            { label: 'Server errors', color: 'bad', values: minutes.map(({ status }) => status['5xx'] ?? 0) },
          ]}
        />
      </Suspense>
    </>
  )
}

const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0)
