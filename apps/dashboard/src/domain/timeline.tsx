import { useQuery } from '@tanstack/react-query'
import type { Attempt, DomainEvent } from '../api/domain.ts'
import type { Page } from '../api/page.ts'
import { get, withQuery } from '../api/request.ts'
import { useSession } from '../api/session.ts'
import { LIVE } from '../live/refresh-queries.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { Card } from '../parts/card.tsx'
import { Empty } from '../parts/empty.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { When } from '../parts/when.tsx'
import { span, words } from '../parts/words.ts'

const SHOWN = 100

/** Every attempt and every event, newest first, in one list. */
export function Timeline({ id }: { id: string }) {
  const path = `/v1/domains/${encodeURIComponent(id)}`
  const query = useQuery({
    queryKey: ['timeline', id],
    async queryFn({ signal }) {
      const [attempts, events] = await Promise.all([
        get<Page<Attempt>>(withQuery(`${path}/attempts`, { limit: SHOWN }), signal),
        get<Page<DomainEvent>>(withQuery(`${path}/events`, { limit: SHOWN }), signal),
      ])
      return entriesOf(attempts.data, events.data)
    },
    meta: LIVE.domain(id),
  })
  return (
    <Card title="What happened" className="wide">
      <AsyncView query={query}>
        {(entries) =>
          entries.length === 0 ? (
            <Empty title="Nothing yet">The first entry comes with the first step.</Empty>
          ) : (
            <ol className="timeline">
              {entries.map((entry) => (
                <li key={entry.key}>
                  <span className="timeline-at">
                    <When at={entry.at} />
                  </span>
                  {entry.attempt === null ? <EventLine event={entry.event} /> : <AttemptLine attempt={entry.attempt} />}
                </li>
              ))}
            </ol>
          )
        }
      </AsyncView>
    </Card>
  )
}

type Entry = { key: string; at: string } & ({ attempt: Attempt; event: null } | { attempt: null; event: DomainEvent })

function entriesOf(attempts: Attempt[], events: DomainEvent[]): Entry[] {
  const entries: Entry[] = [
    ...attempts.map((attempt) => ({ key: `a${attempt.id}`, at: attempt.started_at, attempt, event: null })),
    ...events.map((event) => ({ key: `e${event.id}`, at: event.at, attempt: null, event })),
  ]
  return entries.sort((one, other) => other.at.localeCompare(one.at))
}

function AttemptLine({ attempt }: { attempt: Attempt }) {
  const { step, outcome, worker, started_at: from, finished_at: to, code, detail, trace_id: trace } = attempt
  return (
    <div>
      <StateBadge state={outcome} /> <b>{words(step)}</b>{' '}
      <small className="number">
        {to === null ? 'under way' : duration(from, to)} on {worker}
      </small>
      <TraceLink id={trace} />
      {(code !== null || detail !== null) && (
        <div className="facts">
          {code !== null && <code>{code}</code>}
          {detail !== null && <span>{detail}</span>}
        </div>
      )}
    </div>
  )
}

/** Where there is a place to look at traces. Whoever is here is signed in, so that the session is at hand. */
function TraceLink({ id }: { id: string | null }) {
  const { data } = useSession()
  const template = data?.trace_url
  if (id === null || template === undefined) return null
  return (
    <>
      {' '}
      <a href={template.replaceAll('{trace_id}', id)} target="_blank" rel="noreferrer">
        trace
      </a>
    </>
  )
}

function duration(from: string, to: string): string {
  const ms = new Date(to).getTime() - new Date(from).getTime()
  return ms < 1000 ? `${ms} ms` : span(ms / 1000)
}

function EventLine({ event: { type, actor, data } }: { event: DomainEvent }) {
  const facts = Object.entries(data)
  return (
    <div>
      <b>{words(type)}</b> <small>by {actor}</small>
      {facts.length > 0 && (
        <details>
          <summary>{facts.map(([name]) => words(name)).join(', ')}</summary>
          <pre>{JSON.stringify(data, null, 2)}</pre>
        </details>
      )}
    </div>
  )
}
