import { type BucketName, type FleetFacts, type Limits, SECOND, tokensUsed } from '@mooring/core'
import type { Meter } from '@mooring/runtime'
import type { AuthorityLimits } from './limits-resource.ts'

/** Many scrapers, or one that is impatient, ask the database no more often than this. */
const GOOD_FOR_MS = 10 * SECOND

export interface FleetMetrics {
  meter: Meter
  read: () => Promise<FleetFacts>
  limits: readonly AuthorityLimits[]
  depth: () => Promise<Record<string, number> | null>
}

/**
 * Shows how the fleet fares at each scrape. Every API process shows the same, hence the boards and the rules take the
 * greatest: so the oldest due work is known, too, while no scheduler leads.
 *
 * When the facts cannot be read, none is shown: an old number would look like a healthy one.
 */
export function measureFleet({ meter, read, limits, depth }: FleetMetrics): void {
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | null = null

  async function readNow(): Promise<void> {
    const startedAt = performance.now()
    try {
      const facts = await read()
      show(facts, limits, meter)
      meter.set('mooring_fleet_facts_up', {}, 1)
      readAt = performance.now()
    } catch {
      hide(meter)
      meter.set('mooring_fleet_facts_up', {}, 0)
    }
    meter.set('mooring_fleet_facts_seconds', {}, (performance.now() - startedAt) / 1000)
    const waiting = Object.entries((await depth().catch(() => null)) ?? {})
    meter.replace(
      'mooring_queue_messages',
      waiting.map(([lane, value]) => ({ labels: { lane }, value })),
    )
  }

  meter.onScrape(async () => {
    if (performance.now() - readAt < GOOD_FOR_MS) return
    reading ??= readNow().finally(() => {
      reading = null
    })
    await reading
  })
}

function show(facts: FleetFacts, limits: readonly AuthorityLimits[], meter: Meter): void {
  meter.replace('mooring_due_oldest_seconds', [{ labels: {}, value: facts.oldestDueSeconds }])
  meter.replace(
    'mooring_jobs',
    Object.entries(facts.jobs).map(([kind, value]) => ({ labels: { kind }, value })),
  )
  meter.replace('mooring_workers_live', [{ labels: {}, value: facts.workers.live }])
  meter.replace('mooring_worker_slots', [{ labels: {}, value: facts.workers.slots }])
  meter.replace(
    'mooring_certificates',
    facts.certificates.map(({ daysLeft, count }) => ({ labels: { days_left: String(daysLeft) }, value: count })),
  )
  meter.replace('mooring_certificates_expiring', [{ labels: {}, value: facts.expiringCertificates }])
  meter.replace('mooring_renewals_failing', [{ labels: {}, value: facts.failingRenewals }])
  meter.replace(
    'mooring_edges',
    [true, false].map((live) => ({
      labels: { standing: live ? 'live' : 'silent' },
      value: facts.edges.filter((edge) => edge.live === live).length,
    })),
  )
  meter.replace(
    'mooring_edge_generation_proved',
    facts.edges.map(({ name, pool, generation }) => ({ labels: { edge: name, pool }, value: generation })),
  )
  meter.replace(
    'mooring_edge_generation_lag',
    facts.edges.map(({ name, pool, lag }) => ({ labels: { edge: name, pool }, value: lag })),
  )
  const down = new Set(facts.authorities.flatMap(({ ca, isDown }) => (isDown ? [ca] : [])))
  const known = new Set([...limits.map(({ ca }) => ca), ...down])
  meter.replace(
    'mooring_ca_circuit_open',
    [...known].map((ca) => ({ labels: { ca }, value: down.has(ca) ? 1 : 0 })),
  )
  meter.replace('mooring_ca_budget_left_ratio', budgetsLeft(facts.buckets, limits, Date.now()))
}

/** Keys of buckets are names and accounts, far too many for labels: the emptiest of each kind speaks for its kind. */
function budgetsLeft(buckets: FleetFacts['buckets'], authorities: readonly AuthorityLimits[], now: number) {
  return authorities.flatMap(({ ca, limits }) =>
    (Object.keys(limits) as BucketName[]).map((bucket) => {
      const ratios = buckets.flatMap((one) =>
        one.ca === ca && one.bucket === bucket ? [leftIn(one, limits, now)] : [],
      )
      return { labels: { ca, bucket }, value: Math.min(1, ...ratios) }
    }),
  )
}

function leftIn(state: FleetFacts['buckets'][number], limits: Limits, now: number): number {
  if (state.unpauseUrl !== null || state.blockedUntil > now) return 0
  const limit = limits[state.bucket]
  return limit === undefined ? 1 : Math.max(0, 1 - (tokensUsed(state, limit, now) + state.reserved) / limit.burst)
}

const OF_DATABASE = [
  'mooring_due_oldest_seconds',
  'mooring_jobs',
  'mooring_workers_live',
  'mooring_worker_slots',
  'mooring_certificates',
  'mooring_certificates_expiring',
  'mooring_renewals_failing',
  'mooring_edges',
  'mooring_edge_generation_proved',
  'mooring_edge_generation_lag',
  'mooring_ca_circuit_open',
  'mooring_ca_budget_left_ratio',
] as const

function hide(meter: Meter): void {
  for (const name of OF_DATABASE) meter.replace(name, [])
}
