import type { Diagnosis } from '../api/domain.ts'
import { ReasonText } from '../parts/reason-text.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { words } from '../parts/words.ts'

/** What DNS and the name's web server say just now, and what to type where. */
export function DiagnosisView({
  diagnosis: { ok, checks, next_steps: steps, dns_host: host },
}: {
  diagnosis: Diagnosis
}) {
  return (
    <div className="diagnosis">
      <h3>{ok ? 'All is well, as of now' : 'What to do'}</h3>
      {host !== null && (
        <p className="soft">
          The zone is hosted by{' '}
          <a href={host.url} rel="noreferrer" target="_blank">
            {host.name}
          </a>
          : {host.path}
        </p>
      )}
      {steps.length > 0 && (
        <ol>
          {steps.map(({ text, fields }) => (
            <li key={text}>
              {text}
              {fields.map(({ label, value }) => (
                <div key={label} className="field">
                  <span>{label}</span> <code>{value}</code>
                </div>
              ))}
            </li>
          ))}
        </ol>
      )}
      <ul className="checks">
        {checks.map(({ id, status, detail, reason }) => (
          <li key={id}>
            <StateBadge state={status} />
            <div>
              <b>{words(id)}</b> <span className="soft">{detail}</span>
              {reason !== null && <ReasonText reason={reason} />}
            </div>
          </li>
        ))}
      </ul>
    </div>
  )
}
