import type { Domain } from '../api/domain.ts'
import { Card } from '../parts/card.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { When } from '../parts/when.tsx'
import { TargetText } from './target-text.tsx'

export function CertificateCard({ domain: { certificate, tls, target } }: { domain: Domain }) {
  const { status, issuer, serial, not_after: end, renew_at: renew, rate_limited_until: limited } = certificate
  return (
    <Card title="Certificate and target" aside={<StateBadge state={status} />}>
      <dl className="facts-list">
        <div>
          <dt>Leads to</dt>
          <dd>
            <TargetText target={target} />
          </dd>
        </div>
        <div>
          <dt>Mode</dt>
          <dd>{tls.mode}</dd>
        </div>
        <div>
          <dt>Issuer</dt>
          <dd>{issuer ?? '–'}</dd>
        </div>
        <div>
          <dt>Serial</dt>
          <dd className="number">{serial ?? '–'}</dd>
        </div>
        <div>
          <dt>Ends</dt>
          <dd>
            <When at={end} />
          </dd>
        </div>
        <div>
          <dt>Renewal</dt>
          <dd>
            <When at={renew} />
          </dd>
        </div>
        {limited !== null && (
          <div>
            <dt>Held by a limit</dt>
            <dd className="warn-text">
              its turn is <When at={limited} />
            </dd>
          </div>
        )}
      </dl>
    </Card>
  )
}
