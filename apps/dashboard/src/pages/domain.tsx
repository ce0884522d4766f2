import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { Domain } from '../api/domain.ts'
import { get } from '../api/request.ts'
import { ActionBar } from '../domain/action-bar.tsx'
import { CertificateCard } from '../domain/certificate-card.tsx'
import { DnsCard } from '../domain/dns-card.tsx'
import { EdgesCard } from '../domain/edges-card.tsx'
import { StateLine } from '../domain/state-line.tsx'
import { Timeline } from '../domain/timeline.tsx'
import { TrafficCard } from '../domain/traffic-card.tsx'
import { LIVE } from '../live/refresh-queries.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { PageHead } from '../parts/page-head.tsx'

/** Everything about one domain: where it is, what it waits for, who must act, and what happened to it. */
export function DomainPage() {
  const { id = '' } = useParams({ strict: false })
  const query = useQuery({
    queryKey: ['domain', id],
    queryFn: ({ signal }) => get<Domain>(`/v1/domains/${encodeURIComponent(id)}`, signal),
    meta: LIVE.domain(id),
  })
  return (
    <>
      {query.data === undefined && <PageHead title="Domain" />}
      <AsyncView query={query}>
        {(domain) => (
          <>
            <PageHead
              title={domain.hostname}
              hint={
                <>
                  {domain.tenant} · <code>{domain.id}</code>
                </>
              }
            >
              <ActionBar domain={domain} />
            </PageHead>
            <StateLine domain={domain} />
            <div className="domain">
              <DnsCard domain={domain} />
              <CertificateCard domain={domain} />
              <EdgesCard domain={domain} />
              <TrafficCard id={domain.id} />
              <Timeline id={domain.id} />
            </div>
          </>
        )}
      </AsyncView>
    </>
  )
}
