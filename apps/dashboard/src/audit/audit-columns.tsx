import type { AuditEntry } from '../api/access.ts'
import { StateBadge } from '../parts/state-badge.tsx'
import type { Column } from '../parts/table-column.ts'
import { When } from '../parts/when.tsx'
import { words } from '../parts/words.ts'

export const AUDIT_COLUMNS: Column<AuditEntry>[] = [
  { id: 'at', header: 'When', cell: ({ at }) => <When at={at} /> },
  {
    id: 'actor',
    header: 'Who',
    cell: ({ actor, tenant }) => (
      <div className="name">
        <strong>{actor.name ?? 'Erased'}</strong>
        <small>
          {actor.kind}
          {tenant !== '' && ` · ${tenant}`}
        </small>
      </div>
    ),
  },
  {
    id: 'action',
    header: 'What',
    cell: ({ action, outcome, subject }) => (
      <div className="name">
        <span>
          {words(action)} {outcome === 'refused' && <StateBadge state="refused" />}
        </span>
        <small>{subject}</small>
      </div>
    ),
  },
  { id: 'why', header: 'Why', cell: ({ why }) => why ?? <span className="soft">–</span> },
  {
    id: 'change',
    header: 'Before and after',
    cell: ({ before, after, hash, seq, request_id: requestId }) => (
      <details>
        <summary>{seq === null ? 'Not sealed yet' : `Entry ${seq}`}</summary>
        <pre>{JSON.stringify({ before, after, request_id: requestId, hash }, null, 2)}</pre>
      </details>
    ),
  },
]
