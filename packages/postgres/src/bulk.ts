import type { BulkAction, BulkAnswer, BulkOptions, Selection, SkipCode } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { conditionsOf } from './domain-search.ts'
import { CHECK, type Intent, type TokenTimes, applyIntents, retryWithin } from './intents.ts'
import { domainJobConditions } from './jobs.ts'
import { leaveWith } from './leaving.ts'
import { RENEW, bringForward } from './renew.ts'
import { RESUME, SUSPEND } from './suspend.ts'
import type { Tables } from './tables.ts'
import { inTransaction } from './transaction.ts'

/** Locked and changed at a time: some tenths of a second, for which a worker with one of these may have to wait. */
const BATCH = 1000

/** A launch that never came to its end is given up: nothing was served that a grace could keep. */
const CANCEL: Intent = {
  ...leaveWith({ immediate: true, revoke: false }),
  when: sql<boolean>`found.activated_at is null and found.state not in ('deprovisioning', 'deprovisioned')`,
}

const INTENTS: Record<BulkAction, (times: TokenTimes) => Intent> = {
  check: () => CHECK,
  retry: retryWithin,
  suspend: () => SUSPEND,
  resume: () => RESUME,
  renew: () => RENEW,
  delete: () => leaveWith({ immediate: false, revoke: false }),
  cancel: () => CANCEL,
}

/** After these the name may be ordered again at once, whatever kept its certificate authority from it. */
const UNBLOCKS: readonly BulkAction[] = ['retry', 'renew']

/**
 * See `Operations.actOnAll`. What matches is written down first, and then taken in batches, each a transaction of its own.
 * A process that dies has done some of them, and whoever asks again does the others: what was done matches no more, or is
 * looked at once more.
 */
export async function actOnAll(
  kysely: Kysely<Tables>,
  selection: Selection,
  { action, times, dryRun, most }: BulkOptions & { action: BulkAction; times: TokenTimes },
): Promise<BulkAnswer> {
  const matching = sql`${sql.join(conditionsFor(selection), sql` and `)}`
  const ids = await idsOf(kysely, matching, most + 1)
  if (ids.length > most) return { kind: 'too_many' }
  const intent = INTENTS[action](times)
  let applied = 0
  let found = 0
  for (const batch of batchesOf(ids)) {
    const answer = dryRun
      ? await judge(kysely, { ids: batch, matching }, intent)
      : await inTransaction(kysely, (transaction) => act(transaction, { ids: batch, matching, action, intent }))
    applied += answer.applied
    found += answer.found
  }
  const skipped = countsOf({ WRONG_STATE: found - applied, CHANGED: ids.length - found })
  return { kind: 'done', matched: ids.length, applied, skipped }
}

export const countsOf = (counts: Partial<Record<SkipCode, number>>): { code: SkipCode; count: number }[] =>
  Object.entries(counts).flatMap(([code, count]) => (count === 0 ? [] : [{ code: code as SkipCode, count }]))

function conditionsFor(selection: Selection): RawBuilder<unknown>[] {
  if ('jobs' in selection) return domainJobConditions(selection.jobs)
  const { expiresBefore } = selection.domains
  const conditions = [sql`true`, ...conditionsOf(selection.domains)]
  if (expiresBefore !== undefined) {
    conditions.push(sql`exists (
      select from certificate_ends e where e.domain_id = domains.id and e.not_after < ${expiresBefore}
    )`)
  }
  return conditions
}

async function idsOf(kysely: Kysely<Tables>, matching: RawBuilder<unknown>, limit: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from (select id from domains where ${matching} limit ${limit}) as matched order by id`.execute(kysely)
  return rows.map(({ id }) => id)
}

function* batchesOf(ids: readonly string[]): Generator<string[]> {
  for (let start = 0; start < ids.length; start += BATCH) yield ids.slice(start, start + BATCH)
}

interface Batch {
  ids: readonly string[]
  matching: RawBuilder<unknown>
}

interface Judged {
  applied: number
  found: number
}

async function act(
  transaction: Kysely<Tables>,
  { action, intent, ...batch }: Batch & { action: BulkAction; intent: Intent },
): Promise<Judged> {
  const { applied, found } = await applyIntents(transaction, batch, intent)
  if (action === 'renew') await bringForward(transaction, applied)
  if (UNBLOCKS.includes(action)) await unblock(transaction, applied)
  return { applied: applied.length, found }
}

/** As `Budgets.unblock` has it. In the same transaction: whoever is woken by this finds it done. */
async function unblock(transaction: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  await sql`
    with named as (
      select ca, bucket, key from ca_budgets
      where bucket = 'failed_validations' and (unpause_url is not null or blocked_until > 'epoch')
        and key in (select hostname from domains where id = any(${ids}))
      order by ca, bucket, key
      for update
    )
    update ca_budgets b set blocked_until = 'epoch', unpause_url = null
    from named where (b.ca, b.bucket, b.key) = (named.ca, named.bucket, named.key)`.execute(transaction)
}

/** What would become of them, without their locks. */
async function judge(kysely: Kysely<Tables>, { ids, matching }: Batch, { when }: Intent): Promise<Judged> {
  const { rows } = await sql<Judged>`
    with found as (select * from domains where id = any(${ids}) and ${matching})
    select count(*) filter (where ${when}) as applied, count(*) as found from found`.execute(kysely)
  return rows[0] ?? { applied: 0, found: 0 }
}
