import { DAY, type EdgeIdentity, type LifecyclePolicy, MINUTE, SECOND } from '@mooring/core'
import { settings } from '@mooring/runtime'
import type { z } from 'zod'

/** How the state machine behaves, for a configuration's schema. Times are in milliseconds once read. */
export const lifecycleSettings = {
  /** Retries of one step before a launch counts as failed. Waiting costs none, and renewals never give up. */
  MOORING_MAX_ATTEMPTS: settings.count(1).default(12),
  /** How long a deleted domain can be restored. */
  MOORING_GRACE_DAYS: settings.days().default(7 * DAY),
  /** How often a step looks again whether the edges have proved a change, should their reports be lost. */
  MOORING_EDGE_RECHECK_SECONDS: settings.seconds(1).default(10 * SECOND),
  /** How often the ownership of an active name is proved again. */
  MOORING_REVERIFY_DAYS: settings.days().default(1 * DAY),
  /** How long a proof may be missed before the domain is suspended. */
  MOORING_MISS_DAYS: settings.days().default(1 * DAY),
  /** The age at which ownership tokens are rotated; without it they are rotated on request only. */
  MOORING_ROTATION_DAYS: settings.days(1).optional(),
  /** How long the ownership token before stays good beside a new one. */
  MOORING_ROTATION_GRACE_DAYS: settings.days().default(30 * DAY),
  /** How long a domain stays suspended for its lost proof before it leaves. */
  MOORING_SUSPENDED_DAYS: settings.days().default(30 * DAY),
  /** The longest wait between looks while DNS servers give different answers before an order. */
  MOORING_SETTLE_SECONDS: settings.seconds(1).default(1 * MINUTE),
  /** How long a name that was let go is watched for records left behind. */
  MOORING_DANGLING_DAYS: settings.days().default(90 * DAY),
}

type LifecycleConfig = z.output<z.ZodObject<typeof lifecycleSettings>>

export function policyOf(config: LifecycleConfig, edge: EdgeIdentity): LifecyclePolicy {
  return {
    edge,
    maxAttempts: config.MOORING_MAX_ATTEMPTS,
    edgeRecheckMs: config.MOORING_EDGE_RECHECK_SECONDS,
    graceMs: config.MOORING_GRACE_DAYS,
    reverifyMs: config.MOORING_REVERIFY_DAYS,
    missMs: config.MOORING_MISS_DAYS,
    rotationMs: config.MOORING_ROTATION_DAYS ?? null,
    rotationGraceMs: config.MOORING_ROTATION_GRACE_DAYS,
    suspendedMs: config.MOORING_SUSPENDED_DAYS,
    settleMs: config.MOORING_SETTLE_SECONDS,
    danglingMs: config.MOORING_DANGLING_DAYS,
  }
}
