import { Link } from '@tanstack/react-router'
import type { BudgetGauge, Overview } from '../api/overview.ts'
import { BarList } from '../parts/bar-list.tsx'
import { Card } from '../parts/card.tsx'
import { Empty } from '../parts/empty.tsx'
import { When } from '../parts/when.tsx'
import { count, words } from '../parts/words.ts'

/** What is taken of the authorities' limits: the fullest first. */
export function BudgetGauges({ budgets, authorities }: Pick<Overview, 'budgets' | 'authorities'>) {
  const down = authorities.filter(({ down_since: since }) => since !== null)
  return (
    <Card title="Certificate authorities" aside={<Link to="/limits">All limits</Link>}>
      {down.map(({ ca, down_since: since }) => (
        <p key={ca} className="notice bad">
          <strong>{ca}</strong> is down since <When at={since} />. Launches use the next authority, if there is one.
        </p>
      ))}
      {budgets.length === 0 ? (
        <Empty title="No limit is touched">Certificates can be ordered at full speed.</Empty>
      ) : (
        <BarList
          of={1}
          bars={budgets.map((budget) => ({
            id: `${budget.ca} ${budget.bucket} ${budget.key}`,
            label: <BucketName budget={budget} />,
            value: shareOf(budget),
            tone: toneOf(budget),
            figure: budget.capacity === null ? count(budget.used) : `${count(budget.used)} / ${count(budget.capacity)}`,
          }))}
        />
      )}
    </Card>
  )
}

function BucketName({ budget: { ca, bucket, key, full_at: fullAt, blocked_until: until } }: { budget: BudgetGauge }) {
  return (
    <>
      {words(bucket)} <small>{[ca, key].filter(Boolean).join(' · ')}</small>
      {until !== null && (
        <small className="bad-text">
          {' '}
          closed, opens <When at={until} />
        </small>
      )}
      {until === null && fullAt !== null && (
        <small>
          {' '}
          full <When at={fullAt} />
        </small>
      )}
    </>
  )
}

/** How much is taken, from 0 to 1; nothing where the limit is not known. */
function shareOf({ used, capacity }: BudgetGauge): number {
  if (capacity === null) return 0
  return capacity === 0 ? 1 : used / capacity
}

function toneOf(budget: BudgetGauge) {
  const share = shareOf(budget)
  if (budget.blocked_until !== null || share >= 1) return 'bad' as const
  return share > 0.8 ? ('warn' as const) : ('good' as const)
}
