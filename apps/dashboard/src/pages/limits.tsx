import { AuthorityLimits } from '../limits/authority-limits.tsx'
import { CertificateList } from '../limits/certificate-list.tsx'
import { ExpiryCard } from '../limits/expiry-card.tsx'
import { PageHead } from '../parts/page-head.tsx'

/** What the authorities let through, and what has to be renewed with it. */
export function LimitsPage() {
  return (
    <>
      <PageHead title="Limits & certificates" hint="What can be ordered now, when more can, and what ends first." />
      <div className="stack">
        <AuthorityLimits />
        <ExpiryCard />
        <CertificateList />
      </div>
    </>
  )
}
