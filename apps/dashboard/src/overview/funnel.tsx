import { Link } from '@tanstack/react-router'
import { STATES } from '../api/domain.ts'
import type { Overview } from '../api/overview.ts'
import { type Bar, BarList } from '../parts/bar-list.tsx'
import { Card } from '../parts/card.tsx'
import { words } from '../parts/words.ts'

const TONES: Record<string, Bar['tone']> = {
  active: 'good',
  deprovisioned: 'calm',
  suspended: 'warn',
  deprovisioning: 'warn',
  failed: 'bad',
}

/** Domains by state, in the order they go through them. Square roots: thousands that are active hide no five that failed. */
export function Funnel({ domains }: Pick<Overview, 'domains'>) {
  // A newer release may have states that are not known here.
  const states = [...STATES, ...Object.keys(domains.by_state).filter((state) => !isKnown(state))]
  const most = Math.sqrt(Math.max(1, ...Object.values(domains.by_state)))
  return (
    <Card title="Domains by state">
      <BarList
        of={most}
        bars={states.map((state) => ({
          id: state,
          label: (
            <Link to="/domains" search={{ state }}>
              {words(state)}
            </Link>
          ),
          value: Math.sqrt(domains.by_state[state] ?? 0),
          figure: (domains.by_state[state] ?? 0).toLocaleString('en'),
          tone: TONES[state] ?? 'busy',
        }))}
      />
    </Card>
  )
}

const isKnown = (state: string): boolean => STATES.some((known) => known === state)
