import { Link } from '@tanstack/react-router'
import type { Job } from '../api/fleet.ts'
import { DomainButton } from '../domain/domain-button.tsx'
import { ReasonText } from '../parts/reason-text.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import type { Column } from '../parts/table-column.ts'
import { When } from '../parts/when.tsx'
import { words } from '../parts/words.ts'

export const jobIdOf = ({ domain_id: id, hostname, at }: Job): string => id ?? `${hostname} ${at}`

export const JOB_COLUMNS: Column<Job>[] = [
  {
    id: 'hostname',
    header: 'Hostname',
    cell: ({ domain_id: id, hostname, tenant }) => (
      <div className="name">
        {id === null ? (
          <strong>{hostname}</strong>
        ) : (
          <Link to="/domains/$id" params={{ id }}>
            {hostname}
          </Link>
        )}
        <small>{tenant}</small>
      </div>
    ),
  },
  {
    id: 'state',
    header: 'State',
    cell: ({ kind, state, step }) => (
      <div>
        <StateBadge state={kind === 'running' || kind === 'due' ? kind : (state ?? kind)} />
        {step !== null && <small className="under">{words(step)}</small>}
      </div>
    ),
  },
  {
    id: 'reason',
    header: 'Reason',
    cell({ reason, dead_letter: letter }) {
      if (reason !== null) return <ReasonText reason={reason} />
      if (letter === null) return <span className="soft">–</span>
      return (
        <ReasonText
          reason={{
            code: letter.code,
            message: letter.detail,
            actor: 'operator',
            observed: [letter.excerpt.slice(0, 200)],
          }}
        />
      )
    },
  },
  {
    id: 'attempt',
    header: 'Attempt',
    cell: ({ attempt, lane, worker }) => (
      <div>
        <span className="number">{attempt ?? '–'}</span>
        {lane !== null && <small className="under">{lane}</small>}
        {worker !== null && <small className="under">on {worker}</small>}
      </div>
    ),
  },
  { id: 'at', header: 'When', cell: ({ at }) => <When at={at} /> },
  {
    id: 'actions',
    header: 'Actions',
    isHeaderHidden: true,
    cell: ({ kind, domain_id: id, hostname }) =>
      id === null ? null : <DomainButton id={id} hostname={hostname} action={kind === 'failed' ? 'retry' : 'check'} />,
  },
]
