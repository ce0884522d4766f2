import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import type { Edge } from '../api/fleet.ts'
import { request } from '../api/request.ts'
import { useConfirm } from '../parts/confirm.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import type { Column } from '../parts/table-column.ts'
import { When } from '../parts/when.tsx'
import { count } from '../parts/words.ts'

/** Lag is told against the other edges of the same pool. */
export function edgeColumns(edges: Edge[], mayAct: boolean): Column<Edge>[] {
  /** By pool: the newest generation that some edge serves. */
  const newest = new Map<string, number>()
  for (const { pool, generation } of edges) newest.set(pool, Math.max(newest.get(pool) ?? 0, generation))
  const lagOf = ({ pool, generation }: Edge) => (newest.get(pool) ?? generation) - generation
  const stateOf = ({ live, last_seen_at: seen, quarantined_at: apart }: Edge) => {
    if (apart !== null) return 'quarantined'
    if (live) return 'live'
    return seen === null ? 'pending' : 'silent'
  }
  return [
    { id: 'name', header: 'Edge', order: ({ name }) => name, cell: ({ name }) => <strong>{name}</strong> },
    { id: 'pool', header: 'Pool', order: ({ pool }) => pool, cell: ({ pool }) => pool },
    { id: 'state', header: 'State', order: stateOf, cell: (edge) => <StateBadge state={stateOf(edge)} /> },
    {
      id: 'generation',
      header: 'Generation',
      isNumber: true,
      order: ({ generation }) => generation,
      cell: (edge) => (
        <>
          {count(edge.generation)}
          {lagOf(edge) > 0 && <small className="under warn-text">{count(lagOf(edge))} behind its pool</small>}
        </>
      ),
    },
    { id: 'server', header: 'Server', cell: ({ server }) => <span className="soft">{server ?? '–'}</span> },
    {
      id: 'seen',
      header: 'Last seen',
      order: ({ last_seen_at: at }) => at ?? '',
      cell: ({ last_seen_at: at }) => <When at={at} none="Never" />,
    },
    {
      id: 'registered',
      header: 'Enrolled',
      order: ({ registered_at: at }) => at,
      cell: ({ registered_at: at }) => <When at={at} />,
    },
    ...(mayAct ? [ACTION] : []),
  ]
}

const ACTION: Column<Edge> = {
  id: 'quarantine',
  header: 'Actions',
  isHeaderHidden: true,
  cell: (edge) => <QuarantineButton edge={edge} />,
}

function QuarantineButton({ edge: { id, name, quarantined_at: apart } }: { edge: Edge }) {
  const confirm = useConfirm()
  const client = useQueryClient()
  const [verb, path, body] =
    apart === null
      ? ['Quarantine', 'quarantine', 'Nothing waits for it any more: domains become active without its proof.']
      : ['Release', 'release', 'Domains wait for its proof again.']
  const ask = () =>
    confirm({
      title: `${verb} ${name}?`,
      body,
      verb,
      isGrave: apart === null,
      async run(reason) {
        await request('POST', `/v1/edges/${encodeURIComponent(id)}/${path}`, { reason })
        await client.invalidateQueries({ queryKey: ['edges'] })
        return `${verb}: ${name}`
      },
    })
  return (
    <Button size="compact-xs" variant="default" aria-label={`${verb} ${name}`} onClick={ask}>
      {verb}
    </Button>
  )
}
