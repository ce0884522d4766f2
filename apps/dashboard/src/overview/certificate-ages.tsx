import { Link } from '@tanstack/react-router'
import type { DaysLeft, Overview } from '../api/overview.ts'
import { BarList } from '../parts/bar-list.tsx'
import { Card } from '../parts/card.tsx'
import { plural } from '../parts/words.ts'

/** Certificates by the days they have left. */
export function CertificateAges({ certificates }: Pick<Overview, 'certificates'>) {
  const { by_days_left: groups, failing_renewals: failing } = certificates
  return (
    <Card
      title="Certificates by days left"
      aside={
        <Link to="/limits" className={failing > 0 ? 'bad-text' : undefined}>
          {failing === 0 ? 'Every renewal goes well' : plural(failing, 'failing renewal')}
        </Link>
      }
    >
      <BarList
        bars={groups.map((group) => ({
          id: `${group.from}`,
          label: rangeOf(group),
          value: group.count,
          tone: (group.to ?? 99) <= 0 ? 'bad' : (group.from ?? 0) < 7 ? 'warn' : 'good',
        }))}
      />
    </Card>
  )
}

function rangeOf({ from, to }: DaysLeft): string {
  if (to === null) return `${from ?? 0} days and more`
  if (from === null || to <= 0) return 'Expired'
  return `${from} – ${to} days`
}
