import { type Overview, type QueueStanding, STATES, tokensUsed } from '@mooring/core'
import type { z } from 'zod'
import type { AuthorityLimits } from './limits-resource.ts'
import type { overviewSchema } from './overview-schemas.ts'

type OverviewJson = z.output<typeof overviewSchema>

const WINDOW_MINUTES = 60

export function overviewResource(
  facts: Overview,
  { queues, limits }: { queues: QueueStanding[]; limits: readonly AuthorityLimits[] },
): OverviewJson {
  const counts = Object.values(facts.domainsIn)
  const { count, p50Seconds, p95Seconds } = facts.timeToActive
  return {
    as_of: facts.asOf.toISOString(),
    domains: {
      by_state: { ...Object.fromEntries(STATES.map((state) => [state, 0])), ...facts.domainsIn } as Record<
        (typeof STATES)[number],
        number
      >,
      total: counts.reduce((sum, one) => sum + one, 0),
    },
    launches: {
      per_minute: facts.launches.map((one) => ({ ...one, minute: one.minute.toISOString() })),
    },
    time_to_active: { window_minutes: WINDOW_MINUTES, count, p50_seconds: p50Seconds, p95_seconds: p95Seconds },
    oldest_due: facts.oldestDue === null ? null : oldestDueResource(facts.oldestDue),
    troubles: facts.troubles,
    jobs: facts.jobs,
    budgets: facts.buckets.map((bucket) => budgetResource(bucket, limits, facts.asOf.getTime())),
    authorities: authoritiesResource(facts.authorities, limits),
    certificates: { by_days_left: facts.certificates, failing_renewals: facts.failingRenewals },
    queues,
    workers: facts.workers,
    edges: facts.edges,
  }
}

const oldestDueResource = ({ domainId, hostname, seconds }: NonNullable<Overview['oldestDue']>) => ({
  domain_id: domainId,
  hostname,
  seconds,
})

function budgetResource(
  { ca, bucket, key, ...state }: Overview['buckets'][number],
  limits: readonly AuthorityLimits[],
  now: number,
): OverviewJson['budgets'][number] {
  const limit = limits.find((one) => one.ca === ca)?.limits[bucket] ?? null
  return {
    ca,
    bucket,
    key,
    used: (limit === null ? 0 : tokensUsed(state, limit, now)) + state.reserved,
    capacity: limit?.burst ?? null,
    full_at: timeAfter(now, state.tat),
    blocked_until: timeAfter(now, state.blockedUntil),
  }
}

const timeAfter = (now: number, at: number): string | null => (at > now ? new Date(at).toISOString() : null)

/** Every configured one, and whichever failed lately. */
function authoritiesResource(
  failing: Overview['authorities'],
  limits: readonly AuthorityLimits[],
): OverviewJson['authorities'] {
  const downSince = new Map(failing.map((one) => [one.ca, one.downSince]))
  const names = new Set([...limits.map(({ ca }) => ca), ...downSince.keys()])
  return [...names].map((ca) => ({ ca, down_since: downSince.get(ca)?.toISOString() ?? null }))
}
