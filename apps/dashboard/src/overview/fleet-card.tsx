import { Link } from '@tanstack/react-router'
import type { Overview } from '../api/overview.ts'
import { Card } from '../parts/card.tsx'
import { count, plural } from '../parts/words.ts'

/** Who does the work: queues, workers, edges. What is missing is said, not only coloured. */
export function FleetCard({ overview: { queues, workers, edges } }: { overview: Overview }) {
  return (
    <Card title="Fleet">
      <dl className="facts-list">
        <div>
          <dt>
            <Link to="/workers">Workers</Link>
          </dt>
          <dd className={workers.live === 0 ? 'bad-text' : undefined}>
            {workers.live === 0
              ? 'None is live: nothing goes on. Start one with npm run worker.'
              : `${count(workers.live)} live, ${count(workers.busy)} of ${plural(workers.slots, 'slot')} busy`}
          </dd>
        </div>
        <div>
          <dt>
            <Link to="/edges">Edges</Link>
          </dt>
          <dd className={edges.live === 0 || edges.silent > 0 ? 'bad-text' : undefined}>{edgesText(edges)}</dd>
        </div>
        {queues.map(({ name, messages, consumers }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className={consumers === 0 && messages > 0 ? 'bad-text' : undefined}>
              {plural(messages, 'message')}, {consumers === 0 ? 'no consumer' : plural(consumers, 'consumer')}
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}

function edgesText({ live, silent, behind, quarantined }: Overview['edges']): string {
  if (live + silent === 0) return 'None is enrolled: no domain can become active.'
  const parts = [`${count(live)} live`]
  if (silent > 0) parts.push(`${count(silent)} silent`)
  if (quarantined > 0) parts.push(`${count(quarantined)} quarantined`)
  parts.push(behind === 0 ? 'all up to date' : `${count(behind)} behind`)
  return parts.join(', ')
}
