import { availableParallelism, cpus } from 'node:os'
import type { Burst } from './burst.ts'
import type { Singles } from './singles.ts'
import type { AcmeComparison } from './acme.ts'

/** Prints the tables of the README, as Markdown. */
export function printReport({ acme, singles, burst }: { acme: AcmeComparison; singles: Singles; burst: Burst }): void {
  const ms = (value: number) => `${Math.round(value)} ms`
  const table = (rows: string[][]) => {
    const [head = [], ...body] = rows
    return [head, head.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |`).join('\n')
  }
  console.log(
    `\nOn ${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, Node ${process.version}.\n`,
  )
  console.log(
    table([
      [`One launch, ${singles.present} names present (n = ${singles.servedMs.length})`, 'p50', 'p95'],
      ['`check` → served over HTTPS', ms(quantile(singles.servedMs, 0.5)), ms(quantile(singles.servedMs, 0.95))],
      [
        '`check` → active (proved by every edge)',
        ms(quantile(singles.activeMs, 0.5)),
        ms(quantile(singles.activeMs, 0.95)),
      ],
    ]),
  )
  console.log(
    `\n${burst.count} at once: all active after ${burst.seconds.toFixed(1)} s, ${burst.perSecond.toFixed(1)} launches per second.\n`,
  )
  console.log(
    table([
      ['CPU per launch', 'ms'],
      ...Object.entries(burst.cpuMsPerLaunch).map(([role, used]) => [role, used.toFixed(1)]),
      [
        'all',
        Object.values(burst.cpuMsPerLaunch)
          .reduce((sum, used) => sum + used, 0)
          .toFixed(1),
      ],
    ]),
  )
  console.log(
    `\n${table([
      [
        `ACME client alone, ${acme.own.concurrency} orders in flight (n = ${acme.own.count})`,
        'certificates/s',
        'CPU each',
      ],
      ['Mooring', acme.own.perSecond.toFixed(0), `${acme.own.cpuMs.toFixed(1)} ms`],
      ['acme-client (npm)', acme.peer.perSecond.toFixed(0), `${acme.peer.cpuMs.toFixed(1)} ms`],
      [
        'ratio',
        (acme.own.perSecond / acme.peer.perSecond).toFixed(1),
        `1/${(acme.peer.cpuMs / acme.own.cpuMs).toFixed(1)}`,
      ],
    ])}\n`,
  )
}

function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
