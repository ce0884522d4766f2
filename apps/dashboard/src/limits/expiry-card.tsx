import { useQuery } from '@tanstack/react-query'
import type { Overview } from '../api/overview.ts'
import { get } from '../api/request.ts'
import { LIVE } from '../live/refresh-queries.ts'
import { CertificateAges } from '../overview/certificate-ages.tsx'
import { AsyncView } from '../parts/async-view.tsx'

/** How many certificates end when. */
export function ExpiryCard() {
  const query = useQuery({
    queryKey: ['overview'],
    queryFn: ({ signal }) => get<Overview>('/v1/overview', signal),
    meta: LIVE.counts,
  })
  return <AsyncView query={query}>{({ certificates }) => <CertificateAges certificates={certificates} />}</AsyncView>
}
