import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { request } from '../api/request.ts'
import type { Delivery } from '../api/webhook.ts'
import { StateBadge } from '../parts/state-badge.tsx'
import type { Column } from '../parts/table-column.ts'
import { useSay } from '../parts/toasts.tsx'
import { When } from '../parts/when.tsx'

/** Of the webhook at `path`. */
export function deliveryColumns(path: string, mayReplay: boolean): Column<Delivery>[] {
  const replay: Column<Delivery> = {
    id: 'replay',
    header: 'Actions',
    isHeaderHidden: true,
    cell: ({ id }) => <ReplayButton path={path} id={id} />,
  }
  return mayReplay ? [...COLUMNS, replay] : COLUMNS
}

const COLUMNS: Column<Delivery>[] = [
  { id: 'status', header: 'Status', cell: ({ status }) => <StateBadge state={status} /> },
  {
    id: 'type',
    header: 'Event',
    cell: ({ type, id, domain_id: domainId }) => (
      <div className="name">
        {domainId === null ? (
          <span>{type}</span>
        ) : (
          <Link to="/domains/$id" params={{ id: domainId }}>
            {type}
          </Link>
        )}
        <small>{id}</small>
      </div>
    ),
  },
  {
    id: 'tries',
    header: 'Answers',
    cell: ({ tries }) => (
      <ul className="plain">
        {tries.slice(-3).map(({ at, ms, status, error }) => (
          <li key={at}>
            <span className="number">{status ?? 'No answer'}</span>{' '}
            <small className="number nowrap">
              in {ms} ms, <When at={at} />
            </small>
            {error !== null && error !== `answered ${status}` && <small className="under bad-text">{error}</small>}
          </li>
        ))}
        {tries.length === 0 && <li className="soft">Not tried yet</li>}
      </ul>
    ),
  },
  { id: 'attempt', header: 'Attempt', isNumber: true, cell: ({ attempt }) => attempt },
  { id: 'next', header: 'Next try', cell: ({ next_at: at }) => <When at={at} /> },
  { id: 'created', header: 'Event of', cell: ({ created_at: at }) => <When at={at} /> },
]

function ReplayButton({ path, id }: { path: string; id: string }) {
  const client = useQueryClient()
  const say = useSay()
  const replay = useMutation({
    async mutationFn() {
      await request('POST', `${path}/deliveries/${encodeURIComponent(id)}/replay`)
      await client.invalidateQueries({ queryKey: ['deliveries', path] })
    },
    onSuccess: () => say('It is sent again.'),
    onError: ({ message }) => say(message),
  })
  return (
    <Button
      size="compact-xs"
      variant="default"
      aria-label={`Replay ${id}`}
      loading={replay.isPending}
      onClick={() => replay.mutate()}
    >
      Replay
    </Button>
  )
}
