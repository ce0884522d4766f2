import { Link } from '@tanstack/react-router'
import type { Overview } from '../api/overview.ts'
import { Card } from '../parts/card.tsx'
import { Empty } from '../parts/empty.tsx'
import { count, WHO } from '../parts/words.ts'

/** Why domains wait or failed, the commonest reason first, each leading to the domains it keeps. */
export function Troubles({ troubles }: Pick<Overview, 'troubles'>) {
  return (
    <Card title="What is stuck, and who must act" className="wide">
      {troubles.length === 0 ? (
        <Empty title="Nothing is stuck">No domain waits for anybody.</Empty>
      ) : (
        <ul className="troubles">
          {troubles.map(({ code, actor, count: number }) => (
            <li key={`${code} ${actor}`}>
              <Link to="/domains" search={{ reason: code, actor }}>
                <code>{code}</code>
                <span className={`actor ${actor}`}>{WHO[actor] ?? actor}</span>
                <strong className="number">{count(number)}</strong>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
