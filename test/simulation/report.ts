import { DAY, HOUR, MINUTE, type OrderKind, SECOND } from '@mooring/core'
import { counted, described, inDays, daysToLoad, ordersOf, withDefaultLimits } from './how-long.ts'
import type { Scenario } from './scenario.ts'
import type { Durations, Tally } from './tally.ts'

/** What the run itself took. */
export interface Cost {
  seconds: number
  megabytes: number
}

/** The report as Markdown, as it stands in the page. */
export function reportOf(scenario: Scenario, tally: Tally, cost: Cost): string {
  const { domains, days, granted, seed } = scenario
  return [
    `${counted(domains)} names, ${days} days, seed ${seed}. The account was granted ${described(ordersOf(granted))}: the first load takes ${inDays(daysToLoad(domains, granted))} at best.`,
    withDefaultLimits(domains),
    '',
    table(['what must be 0', 'found'], mustBeNone(tally)),
    '',
    table(['time to certificate', 'names', 'p50', 'p95', 'p99', 'longest'], timesToCertificate(tally)),
    '',
    table(['what happened', ''], whatHappened(tally)),
    '',
    `Took ${cost.seconds.toFixed(0)} s and ${cost.megabytes.toFixed(0)} MB.`,
  ].join('\n')
}

/** The last line of the output. */
export function factsOf({ domains, days, seed }: Scenario, tally: Tally, cost: Cost): Record<string, unknown> {
  const { initial, later, crowded } = tally.launches
  const { orders } = tally
  return {
    domains,
    days,
    expired_dns_right: tally.expired.dnsRight,
    ca_refusals: refusalsOf(tally),
    seed,
    expired_dns_wrong: tally.expired.dnsWrong,
    launches_given_up: tally.gaveUp,
    waiting_dns_right: tally.waiting,
    revoked_in_use: tally.revokedInUse,
    refusals: tally.refusals,
    orders: {
      placed: orders.placed,
      issued: orders.issued,
      failed: orders.failed,
      by_kind: orders.byKind,
      counted_replacements: orders.counted,
    },
    orders_at_second_authority: orders.fallback,
    renewals: tally.renewals,
    launch_seconds: {
      initial: secondsOf(initial),
      later: secondsOf(later),
      held_by_domain_limit: secondsOf(crowded),
    },
    peak_orders_per_second: tally.peak.orders.most,
    peak_orders_per_day: Math.max(...tally.daily.orders),
    peak_wake_ups_per_second: tally.peak.wakeUps.most,
    peak_waiting_for_worker: tally.peak.waiting,
    took_seconds: Math.round(cost.seconds),
    megabytes: Math.round(cost.megabytes),
  }
}

export const refusalsOf = ({ refusals }: Tally): number =>
  Object.values(refusals).reduce((sum, count) => sum + count, 0)

function mustBeNone(tally: Tally): string[][] {
  const which = Object.entries(tally.refusals).map(([bucket, count]) => `${bucket}: ${counted(count)}`)
  return [
    ['certificates expired on names whose DNS is right', counted(tally.expired.dnsRight)],
    ['limit refusals from an authority', [counted(refusalsOf(tally)), ...which].join(', ')],
    ['certificates revoked before they were replaced', counted(tally.revokedInUse)],
  ]
}

function timesToCertificate({ launches }: Tally): string[][] {
  const row = (what: string, durations: Durations) => [
    what,
    counted(durations.count),
    ...[0.5, 0.95, 0.99, 1].map((share) => lasted(durations.quantile(share))),
  ]
  return [
    row('posted in the beginning', launches.initial),
    row('added later', launches.later),
    row('held up by the limit of their registered domain', launches.crowded),
  ]
}

function whatHappened({ orders, renewals, expired, gaveUp, waiting, peak, daily }: Tally): string[][] {
  const kinds = (all: OrderKind[]) => all.map((kind) => counted(orders.byKind[kind])).join(', ')
  const mostADay = (values: Float64Array) => counted(Math.max(...values))
  return [
    ['orders placed', counted(orders.placed)],
    ['of these for new names', counted(orders.byKind.new)],
    [
      'renewals: by ARI, by name, as new (another authority, or 120 days past)',
      kinds(['ari', 'renewal', 'renewal_anew']),
    ],
    ['renewals by ARI that came after their window and were counted', counted(orders.counted)],
    ['of these without a certificate (outage, wrong DNS)', counted(orders.failed)],
    ['at the second authority', `${counted(orders.fallback)}, at most ${mostADay(daily.fallbackOrders)} a day`],
    ['orders a day, at most', mostADay(daily.orders)],
    ['orders a second, at most', counted(peak.orders.most)],
    [
      'renewals on time, late (under 1/4 left), urgent (under 1/10), expired',
      [renewals.due, renewals.late, renewals.urgent, renewals.expired].map(counted).join(', '),
    ],
    ['certificates expired on names whose DNS is wrong', counted(expired.dnsWrong)],
    ['launches given up: DNS wrong for a week, or at twelve attempts', counted(gaveUp)],
    ['names with right DNS that wait for their first certificate at the end', counted(waiting)],
    ['names waking a second, at most', counted(peak.wakeUps.most)],
    ['names due while every worker was busy, at most', counted(peak.waiting)],
  ]
}

const table = (head: string[], body: string[][]): string =>
  [head, head.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |`).join('\n')

function secondsOf(durations: Durations): Record<string, number | null> {
  const at = (share: number) => (durations.count === 0 ? null : Math.round(durations.quantile(share) / SECOND))
  return { names: durations.count, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}

function lasted(ms: number): string {
  if (Number.isNaN(ms)) return '–'
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`
  if (ms < HOUR) return `${(ms / MINUTE).toFixed(1)} min`
  return ms < 2 * DAY ? `${(ms / HOUR).toFixed(1)} h` : `${(ms / DAY).toFixed(1)} days`
}
