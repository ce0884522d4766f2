import { Button } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { Worker } from '../api/fleet.ts'
import type { Page } from '../api/page.ts'
import { get, request } from '../api/request.ts'
import { useMay } from '../api/session.ts'
import { LIVE } from '../live/refresh-queries.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { useConfirm } from '../parts/confirm.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import type { Column } from '../parts/table-column.ts'
import { Since, When } from '../parts/when.tsx'
import { words } from '../parts/words.ts'

/** Who works, and on what. */
export function WorkersPage() {
  const query = useQuery({
    queryKey: ['workers'],
    queryFn: ({ signal }) => get<Page<Worker>>('/v1/workers', signal),
    meta: LIVE.list,
  })
  const mayDrain = useMay('operator')
  const columns = useMemo(() => (mayDrain ? [...COLUMNS, DRAIN] : COLUMNS), [mayDrain])
  return (
    <>
      <PageHead title="Workers" hint="Each slot takes one domain at a time. One that stops is replaced by any other." />
      <AsyncView query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No worker has reported yet">
              Start one with <code>npm run worker</code>; it appears here within seconds.
            </Empty>
          ) : (
            <DataTable label="Workers" rows={data} columns={columns} idOf={({ name }) => name} />
          )
        }
      </AsyncView>
    </>
  )
}

const stateOf = ({ live, draining }: Worker): string => (live ? (draining ? 'draining' : 'live') : 'silent')

const COLUMNS: Column<Worker>[] = [
  { id: 'name', header: 'Worker', order: ({ name }) => name, cell: ({ name }) => <strong>{name}</strong> },
  { id: 'state', header: 'State', order: stateOf, cell: (worker) => <StateBadge state={stateOf(worker)} /> },
  {
    id: 'busy',
    header: 'Busy slots',
    isNumber: true,
    order: ({ busy }) => busy,
    cell: ({ busy, slots }) => `${busy} / ${slots}`,
  },
  {
    id: 'jobs',
    header: 'In hand',
    cell: ({ jobs }) =>
      jobs.length === 0 ? (
        <span className="soft">Nothing</span>
      ) : (
        <ul className="plain">
          {jobs.map(({ domain_id: id, hostname, step, since }) => (
            <li key={id}>
              <Link to="/domains/$id" params={{ id }}>
                {hostname}
              </Link>{' '}
              <small>
                {words(step)}, <Since at={since} />
              </small>
            </li>
          ))}
        </ul>
      ),
  },
  { id: 'seen', header: 'Last seen', order: ({ seen_at: at }) => at, cell: ({ seen_at: at }) => <When at={at} /> },
  {
    id: 'started',
    header: 'Started',
    order: ({ started_at: at }) => at,
    cell: ({ started_at: at }) => <When at={at} />,
  },
]

const DRAIN: Column<Worker> = {
  id: 'drain',
  header: 'Actions',
  isHeaderHidden: true,
  cell: (worker) => <DrainButton worker={worker} />,
}

function DrainButton({ worker: { name, live, draining, busy } }: { worker: Worker }) {
  const confirm = useConfirm()
  const client = useQueryClient()
  const [verb, path, body, told] = draining
    ? ['Resume', 'resume', 'It takes work again.', `${name} takes work again.`]
    : [
        'Drain',
        'drain',
        `It finishes the ${busy} it has and takes no more; others do.`,
        `${name} finishes what it has.`,
      ]
  if (!live) return null
  const ask = () =>
    confirm({
      title: `${verb} ${name}?`,
      body,
      verb,
      isGrave: !draining,
      async run(reason) {
        await request('POST', `/v1/workers/${encodeURIComponent(name)}/${path}`, { reason })
        await client.invalidateQueries({ queryKey: ['workers'] })
        return told
      },
    })
  return (
    <Button size="compact-xs" variant="default" aria-label={`${verb} ${name}`} onClick={ask}>
      {verb}
    </Button>
  )
}
