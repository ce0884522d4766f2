import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import type { Overview } from '../api/overview.ts'
import { get } from '../api/request.ts'
import { LIVE } from '../live/refresh-queries.ts'
import { BudgetGauges } from '../overview/budget-gauges.tsx'
import { CertificateAges } from '../overview/certificate-ages.tsx'
import { FleetCard } from '../overview/fleet-card.tsx'
import { Funnel } from '../overview/funnel.tsx'
import { Tiles } from '../overview/tiles.tsx'
import { Troubles } from '../overview/troubles.tsx'
import { AsyncView } from '../parts/async-view.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { When } from '../parts/when.tsx'

const Launches = lazy(() => import('../overview/launches.tsx').then(({ Launches: part }) => ({ default: part })))

/** What is stuck, why, who must act, and what it costs, on one page. */
export function OverviewPage() {
  const query = useQuery({
    queryKey: ['overview'],
    queryFn: ({ signal }) => get<Overview>('/v1/overview', signal),
    meta: LIVE.counts,
  })
  const asOf = query.data?.as_of
  return (
    <>
      <PageHead
        title="Overview"
        hint={
          asOf === undefined ? undefined : (
            <>
              As of <When at={asOf} />
            </>
          )
        }
      />
      <AsyncView query={query}>
        {(overview) => (
          <div className="overview">
            <Tiles overview={overview} />
            <Troubles troubles={overview.troubles} />
            <Funnel domains={overview.domains} />
            <Suspense fallback={<section className="card chart-place" />}>
              <Launches launches={overview.launches} />
            </Suspense>
            <BudgetGauges budgets={overview.budgets} authorities={overview.authorities} />
            <div className="stack">
              <CertificateAges certificates={overview.certificates} />
              <FleetCard overview={overview} />
            </div>
          </div>
        )}
      </AsyncView>
    </>
  )
}
