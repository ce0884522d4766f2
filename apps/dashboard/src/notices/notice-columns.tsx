import { Link } from '@tanstack/react-router'
import type { Notice } from '../api/notice.ts'
import { StateBadge } from '../parts/state-badge.tsx'
import type { Column } from '../parts/table-column.ts'
import { When } from '../parts/when.tsx'
import { count, words } from '../parts/words.ts'
import { SilenceButton } from './silence-button.tsx'

const COLUMNS: Column<Notice>[] = [
  { id: 'at', header: 'When', cell: ({ at }) => <When at={at} /> },
  { id: 'kind', header: 'Kind', cell: ({ kind }) => words(kind) },
  {
    id: 'text',
    header: 'What',
    cell: ({ text, code, group }) => (
      <div className="reason">
        <div>{text}</div>
        <div className="facts">
          <Link to="/domains" search={{ reason: code }}>
            <code>{code}</code>
          </Link>
          <span>{group}</span>
        </div>
      </div>
    ),
  },
  { id: 'count', header: 'Domains', isNumber: true, cell: ({ count: number }) => count(number) },
  { id: 'tenant', header: 'Tenant', cell: ({ tenant }) => <span className="soft">{tenant ?? 'All'}</span> },
  {
    id: 'deliveries',
    header: 'Sent',
    cell: ({ held, deliveries }) => (
      <ul className="plain">
        {held !== null && <li className="warn-text">Held back: {held}</li>}
        {held === null && deliveries.length === 0 && <li className="soft">No channel is configured</li>}
        {deliveries.map(({ channel, status, attempt, error }) => (
          <li key={channel}>
            <StateBadge state={status} /> {channel}
            {attempt > 1 && <small> attempt {attempt}</small>}
            {error !== null && <small className="under bad-text">{error}</small>}
          </li>
        ))}
      </ul>
    ),
  },
]

const SILENCE: Column<Notice> = {
  id: 'silence',
  header: 'Actions',
  isHeaderHidden: true,
  cell: ({ kind, code, tenant }) => (kind === 'recovered' ? null : <SilenceButton code={code} tenant={tenant} />),
}

const WITH_SILENCE = [...COLUMNS, SILENCE]

/** Whoever may silence is offered it where it is told. */
export const noticeColumns = (maySilence: boolean): Column<Notice>[] => (maySilence ? WITH_SILENCE : COLUMNS)
