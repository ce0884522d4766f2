import type { Domain } from '../api/domain.ts'
import { Card } from '../parts/card.tsx'
import { Empty } from '../parts/empty.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { count } from '../parts/words.ts'

/** Who serves the present route, and who does not yet. */
export function EdgesCard({ domain: { edges, edge_pool: pool } }: { domain: Domain }) {
  const { generation, proved, live, pending, silent, rejected } = edges
  return (
    <Card title="Edges" aside={<span className="soft">Pool {pool}</span>}>
      {generation === null ? (
        <Empty title="No route yet">It is published once the certificate is there.</Empty>
      ) : (
        <>
          <p>
            <strong className="number">
              {count(proved)} of {count(live)}
            </strong>{' '}
            live edges serve generation <span className="number">{generation}</span>.
          </p>
          <ul className="checks">
            {pending.map((edge) => (
              <li key={edge}>
                <StateBadge state="pending" /> {edge}
              </li>
            ))}
            {silent.map((edge) => (
              <li key={edge}>
                <StateBadge state="silent" /> {edge}
              </li>
            ))}
            {rejected.map(({ edge, detail }) => (
              <li key={edge}>
                <StateBadge state="failed" /> {edge}: {detail}
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  )
}
