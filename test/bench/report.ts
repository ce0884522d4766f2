import { availableParallelism, cpus } from 'node:os'
import type { Burst } from './burst.ts'
import type { Singles } from './singles.ts'
import type { AcmeComparison } from './acme.ts'
import type { Reverification } from './reverify.ts'

interface Report {
  acme: AcmeComparison
  reverification: Reverification
  singles: Singles
  burst: Burst
}

const NAMES_A_DAY = 100_000
const DAY_SECONDS = 86_400

/** Prints the tables of the README, as Markdown. */
export function printReport({ acme, reverification, singles, burst }: Report): void {
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
        'requests each',
      ],
      ['Mooring', acme.own.perSecond.toFixed(0), `${acme.own.cpuMs.toFixed(1)} ms`, acme.own.requests.toFixed(1)],
      [
        'acme-client (npm)',
        acme.peer.perSecond.toFixed(0),
        `${acme.peer.cpuMs.toFixed(1)} ms`,
        acme.peer.requests.toFixed(1),
      ],
      [
        'ratio',
        (acme.own.perSecond / acme.peer.perSecond).toFixed(1),
        `1/${(acme.peer.cpuMs / acme.own.cpuMs).toFixed(1)}`,
        `1/${(acme.peer.requests / acme.own.requests).toFixed(1)}`,
      ],
    ])}\n`,
  )
  const { count, perSecond, queriesPerName, cpuMs, peer } = reverification
  const share = (msPerName: number) => `${((msPerName * NAMES_A_DAY) / 10 / DAY_SECONDS).toFixed(2)} %`
  const costs = (name: string, msPerName: number) => [name, msPerName.toFixed(1), share(msPerName)]
  console.log(
    `Proving ${count} active names again, one slot: ${perSecond.toFixed(0)} names per second, ${queriesPerName.toFixed(1)} DNS queries each.\n`,
  )
  console.log(
    `${table([
      ['CPU per name proved again', 'ms', 'of a core for 100,000 names a day'],
      costs('worker', cpuMs.worker),
      costs('postgres', cpuMs.postgres),
      costs('scheduler', cpuMs.scheduler),
      costs('for comparison: `node:dns` and a caching resolver, the same two records', peer.cpuMs),
    ])}\n`,
  )
}

function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
