import { DAY, MINUTE } from '@mooring/core'
import { type RawBuilder, sql } from 'kysely'
import { eraseAuditPersonal, pruneAudit } from './audit-retention.ts'
import type { Database } from './database.ts'
import { milliseconds } from './due.ts'
import {
  type Retention,
  eraseLongGone,
  forgetLongGone,
  removeFullBudgets,
  removeOldAttempts,
  removeOldCertificates,
} from './retention.ts'
import { removeOldNotices } from './notice-rows.ts'
import { releaseStrays, wakeForRenewal, watchStrays } from './strays.ts'
import { countTallies } from './tallies.ts'
import { removeOldTraffic } from './traffic.ts'

const IDEMPOTENCY_KEYS_KEPT_MS = DAY
const SILENT_WORKERS_KEPT_MS = DAY
const SETTLED_DELIVERIES_KEPT_MS = 30 * DAY
const NOTICES_KEPT_MS = 30 * DAY
// A lease that ended a moment ago may still be extended by a worker that was slow.
const LEASE_OVER_FOR_MS = MINUTE
// Each statement stays far below its time limit, even after the scheduler was away for days.
const BATCH = 10_000

const RETENTION: Retention = {
  historyMs: 365 * DAY,
  personalMs: 30 * DAY,
  parkedMs: 30 * DAY,
  attemptsMs: 30 * DAY,
  trafficMs: 30 * DAY,
  auditMs: 730 * DAY,
  auditPersonalMs: 90 * DAY,
}

/** How many rows each chore touched. */
export interface Swept {
  idempotencyKeys: number
  parkedCertificates: number
  silentWorkers: number
  settledDeliveries: number
  oldNotices: number
  lostAttempts: number
  oldAttempts: number
  fullBudgets: number
  erasedDomains: number
  forgottenDomains: number
  strayDomains: number
  oldTraffic: number
  oldAudit: number
  erasedAudit: number
}

export interface Housekeeping {
  /** Removes what is past its time, closes attempts that nobody will, counts. Safe to run anywhere, at any time. */
  sweep(): Promise<Swept>
}

/** Domains whose lease ended need no chore: the next claim takes them. */
export function createHousekeeping(
  { kysely }: Database,
  { retention = {} }: { retention?: Partial<Retention> } = {},
): Housekeeping {
  const kept: Retention = { ...RETENTION, ...retention }
  const count = async (statement: RawBuilder<unknown>): Promise<number> =>
    Number((await statement.execute(kysely)).numAffectedRows ?? 0)
  const olderThan = (ms: number) => sql`now() - ${milliseconds(ms)}`

  return {
    async sweep() {
      // First, so that what an older release let go of is released before it is forgotten.
      const strayDomains = (await watchStrays(kysely)) + (await wakeForRenewal(kysely)) + (await releaseStrays(kysely))

      const idempotencyKeys = await count(sql`
        delete from idempotency_keys where key in (
          select key from idempotency_keys where created_at < ${olderThan(IDEMPOTENCY_KEYS_KEPT_MS)} limit ${BATCH}
        )`)

      const silentWorkers = await count(sql`
        delete from workers where seen_at < ${olderThan(SILENT_WORKERS_KEPT_MS)}`)

      // Delivered or given up: nothing is due any more.
      const settledDeliveries = await count(sql`
        delete from deliveries where id in (
          select id from deliveries
          where next_run_at is null and created_at < ${olderThan(SETTLED_DELIVERIES_KEPT_MS)}
          limit ${BATCH}
        )`)

      const lostAttempts = await count(sql`
        update attempts a set outcome = 'lost', finished_at = now()
        from domains d
        where a.outcome = 'running' and d.id = a.domain_id
          and (d.lease_token <> a.lease_token or d.lease_until is null or d.lease_until < ${olderThan(LEASE_OVER_FOR_MS)})`)

      await countTallies(kysely)

      return {
        strayDomains,
        idempotencyKeys,
        silentWorkers,
        settledDeliveries,
        oldNotices: await removeOldNotices(kysely, NOTICES_KEPT_MS),
        lostAttempts,
        parkedCertificates: await removeOldCertificates(kysely, kept),
        oldAttempts: await removeOldAttempts(kysely, kept),
        fullBudgets: await removeFullBudgets(kysely),
        erasedDomains: await eraseLongGone(kysely, kept),
        forgottenDomains: await forgetLongGone(kysely, kept),
        oldTraffic: await removeOldTraffic(kysely, kept.trafficMs),
        oldAudit: await pruneAudit(kysely, kept.auditMs),
        erasedAudit: await eraseAuditPersonal(kysely, kept.auditPersonalMs),
      }
    },
  }
}
