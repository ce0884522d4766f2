import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Edge } from '../api/fleet.ts'
import type { Page } from '../api/page.ts'
import { get } from '../api/request.ts'
import { useMay, useSeesPlatform } from '../api/session.ts'
import { edgeColumns } from '../edges/edge-columns.tsx'
import { ServicesCard } from '../edges/services-card.tsx'
import { LIVE } from '../live/refresh-queries.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { PageHead } from '../parts/page-head.tsx'

/** Where visitors arrive, and the servers of the platform that they are sent on to. */
export function EdgesPage() {
  const query = useQuery({
    queryKey: ['edges'],
    queryFn: ({ signal }) => get<Page<Edge>>('/v1/edges', signal),
    meta: LIVE.list,
  })
  return (
    <>
      <PageHead title="Edges" hint="A domain is active once every live edge of its pool serves it." />
      <div className="stack">
        <div>
          <AsyncView query={query}>{({ data }) => <EdgeTable edges={data} />}</AsyncView>
        </div>
        {useSeesPlatform() && <ServicesCard />}
      </div>
    </>
  )
}

function EdgeTable({ edges }: { edges: Edge[] }) {
  const mayAct = useMay('operator')
  const columns = useMemo(() => edgeColumns(edges, mayAct), [edges, mayAct])
  if (edges.length === 0) {
    return (
      <Empty title="No edge is enrolled">
        Start one beside an nginx with <code>npm run edge-agent</code> and a token of <code>POST /v1/edges</code>.
      </Empty>
    )
  }
  return <DataTable label="Edges" rows={edges} columns={columns} idOf={({ id }) => id} />
}
