import { useMemo } from 'react'
import type { Overview } from '../api/overview.ts'
import { Card } from '../parts/card.tsx'
import { MinutesChart } from '../parts/minutes-chart.tsx'
import { count } from '../parts/words.ts'

/** Launches of the last hour by the minute. */
export function Launches({ launches }: Pick<Overview, 'launches'>) {
  const minutes = launches.per_minute
  const sums = {
    started: sum(minutes.map(({ started }) => started)),
    activated: sum(minutes.map(({ activated }) => activated)),
    failed: sum(minutes.map(({ failed }) => failed)),
  }
  const series = useMemo(
    () => [
      { label: 'Started', color: 'busy', values: minutes.map(({ started }) => started) },
      { label: 'Active', color: 'good', values: minutes.map(({ activated }) => activated) },
      { label: 'Failed', color: 'bad', values: minutes.map(({ failed }) => failed) },
    ],
    [minutes],
  )
  const at = useMemo(() => minutes.map(({ minute }) => minute), [minutes])
  const said = `${count(sums.started)} started, ${count(sums.activated)} became active, ${count(sums.failed)} failed`
  return (
    <Card title="Launches per minute" aside={<span className="soft number">{said} in an hour</span>}>
      <MinutesChart label={`Launches of the last hour by the minute: ${said}`} minutes={at} series={series} />
    </Card>
  )
}

const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0)
