import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Overview } from '../api/overview.ts'
import { count, plural, span, took } from '../parts/words.ts'

/** The figures that are looked at first. */
export function Tiles({ overview }: { overview: Overview }) {
  const { domains, jobs, time_to_active: time, oldest_due: oldest } = overview
  const byState = domains.by_state
  const underWay = ['pending', 'verifying', 'verified', 'provisioning_cert'].reduce(
    (sum, state) => sum + (byState[state] ?? 0),
    0,
  )
  const failed = byState['failed'] ?? 0
  const dead = jobs['dead'] ?? 0
  const toDo = failed > 0 ? 'a person must look' : 'nothing to look at'
  return (
    <div className="tiles">
      <Tile label="Active" to="/domains" search={{ state: 'active' }} detail={`of ${plural(domains.total, 'domain')}`}>
        {count(byState['active'] ?? 0)}
      </Tile>
      <Tile
        label="On their way"
        to="/jobs"
        detail={`${count(jobs['running'] ?? 0)} running, ${count(jobs['due'] ?? 0)} due`}
      >
        {count(underWay)}
      </Tile>
      <Tile
        label="Failed"
        to="/jobs"
        search={{ kind: 'failed' }}
        isBad={failed > 0}
        detail={dead > 0 ? `and ${plural(dead, 'dead letter')}` : toDo}
      >
        {count(failed)}
      </Tile>
      <Tile
        label="Time to active"
        detail={
          time.p95_seconds === null
            ? `none in ${span(time.window_minutes * 60)}`
            : `95 % within ${took(time.p95_seconds)}`
        }
      >
        {time.p50_seconds === null ? '–' : took(time.p50_seconds)}
      </Tile>
      <Tile
        label="Oldest due work"
        isBad={oldest !== null && oldest.seconds > 120}
        detail={oldest === null ? 'workers keep up' : oldest.hostname}
        {...(oldest === null ? {} : { to: `/domains/${oldest.domain_id}` })}
      >
        {oldest === null ? '–' : span(oldest.seconds)}
      </Tile>
    </div>
  )
}

interface TileProps {
  label: string
  detail: string
  to?: string
  search?: Record<string, string>
  isBad?: boolean
  children: ReactNode
}

function Tile({ label, detail, to, search = {}, isBad = false, children }: TileProps) {
  const inside = (
    <>
      <span className="tile-label">{label}</span>
      <span className="tile-figure number">{children}</span>
      <span className="tile-detail">{detail}</span>
    </>
  )
  const className = isBad ? 'tile bad' : 'tile'
  if (to === undefined) return <div className={className}>{inside}</div>
  return (
    <Link className={className} to={to} search={search}>
      {inside}
    </Link>
  )
}
