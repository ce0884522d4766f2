import type { Domain } from '../api/domain.ts'
import { ReasonText } from '../parts/reason-text.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { When } from '../parts/when.tsx'
import { words } from '../parts/words.ts'
import { DomainButton } from './domain-button.tsx'

const WAY = ['pending', 'verifying', 'verified', 'provisioning_cert', 'active']

/** Where the domain is on its way, what it waits for, and when it is looked at next. */
export function StateLine({ domain }: { domain: Domain }) {
  const { id, hostname, state, step, reason, attempt, next_check_at: next, delete_after: end } = domain
  const at = WAY.indexOf(state)
  return (
    <section className="card state-line" aria-label="State">
      <ol className="way">
        {WAY.map((one, index) => (
          <li key={one} className={index < at ? 'past' : undefined} aria-current={index === at ? 'step' : undefined}>
            {words(one)}
          </li>
        ))}
      </ol>
      <div className="state-facts">
        <StateBadge state={state} />
        {state !== 'active' && <span>{words(step)}</span>}
        {attempt > 0 && <span className="soft">attempt {attempt}</span>}
        {end !== null && (
          <span className="warn-text">
            gone for good <When at={end} />
          </span>
        )}
        <span className="grow" />
        {next !== null && (
          <span className="soft">
            Next check <When at={next} past="now" />
          </span>
        )}
        {state !== 'failed' && state !== 'deprovisioned' && <DomainButton id={id} hostname={hostname} action="check" />}
        {state === 'failed' && <DomainButton id={id} hostname={hostname} action="retry" />}
      </div>
      {reason !== null && <ReasonText reason={reason} />}
    </section>
  )
}
