import {
  type Admission,
  BUCKETS,
  type AskedBucket,
  type BucketName,
  type Budgets,
  type LimitAsk,
  UNTOUCHED,
  blockedBy,
  counted,
  failedOnce,
  type BucketState,
} from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { type AdmissionAsk, admitAll } from './admit.ts'
import { type BucketRow, inBucketTransaction, lockBuckets, nameOf, toBucketState, writeBuckets } from './bucket-rows.ts'
import type { Database } from './database.ts'
import { gather } from './gather.ts'
import type { Tables } from './tables.ts'

/** Decided in one transaction: more would keep the first of them waiting. */
const BATCH = 64

/**
 * The mirror of the authorities' limits: one row per bucket, by core's rules, under the rows' locks and on the database's
 * clock, so that any number of processes never take more than there is.
 *
 * Every launch needs the same row (the account's orders), and whoever takes it holds it until the commit. Those who ask in
 * one process at once therefore share one transaction.
 */
export function createBudgets({ kysely }: Database): Budgets {
  const admit = gather<AdmissionAsk, Admission>((asks) => admitAll(kysely, asks), { most: BATCH })
  return {
    admit: (lease, certificateId, { ca, asks }) => admit({ lease, certificateId, ca, asks }),
    async spend(ca, asks) {
      await change(kysely, { ca, asks }, counted)
    },
    async failed(ca, ask) {
      const [state] = await change(kysely, { ca, asks: [ask] }, (one, now) => failedOnce(one.state, one.limit, now))
      return new Date(state?.blockedUntil ?? 0)
    },
    async block(ca, ask, word) {
      await change(kysely, { ca, asks: [ask] }, ({ state }) => blockedBy(state, word))
    },
    async unblock(hostname) {
      // As core's `unblocked` has it. Of the name alone: others share what an account or a registered domain may have.
      await sql`
        update ca_budgets set blocked_until = 'epoch', unpause_url = null
        where key = ${hostname} and bucket = 'failed_validations'
          and (unpause_url is not null or blocked_until > 'epoch')`.execute(kysely)
    },
    freest: (ca, accounts) => freest(kysely, ca, accounts),
    buckets: (limit) => listBuckets(kysely, limit),
  }
}

/** Returns the buckets afterwards, in the order of the asks. */
function change<Ask extends Pick<LimitAsk, 'bucket' | 'key'>>(
  kysely: Kysely<Tables>,
  { ca, asks }: { ca: string; asks: readonly Ask[] },
  decide: (one: Ask & Pick<AskedBucket, 'state'>, now: number) => BucketState,
): Promise<BucketState[]> {
  return inBucketTransaction(kysely, async (transaction) => {
    const keys = asks.map(({ bucket, key }) => ({ ca, bucket, key }))
    const locked = await lockBuckets(transaction, keys)
    const before = keys.map((key) => locked.states.get(nameOf(key)) ?? UNTOUCHED)
    const after = asks.map((ask, place) => decide({ ...ask, state: before[place] ?? UNTOUCHED }, locked.now))
    const rows = keys.map((key, place) => ({ ...key, state: after[place] ?? UNTOUCHED }))
    const changed = rows.filter(({ state }, place) => state !== before[place])
    if (changed.length > 0) await writeBuckets(transaction, changed, { locked })
    return after
  })
}

/** An account nobody has ordered with has no row, and is full. */
async function freest(kysely: Kysely<Tables>, ca: string, accounts: readonly string[]): Promise<string> {
  const bucket: BucketName = 'new_orders'
  const { rows } = await sql<{ account: string }>`
    select asked.account
    from unnest(${accounts}::text[]) with ordinality as asked (account, place)
    left join ca_budgets b on b.ca = ${ca} and b.bucket = ${bucket} and b.key = asked.account
    order by b.unpause_url is not null, coalesce(greatest(b.blocked_until, now()), now()),
      coalesce(greatest(b.tat, now()), now()), asked.place
    limit 1`.execute(kysely)
  if (rows[0] === undefined) throw new TypeError(`${ca} has no account that could be the freest`)
  return rows[0].account
}

/** The later a bucket is full again, the emptier it is among its kind. */
async function listBuckets(kysely: Kysely<Tables>, limit: number): ReturnType<Budgets['buckets']> {
  // Each kind by itself: to number all of them would sort every name that was ordered within a week.
  const emptiest = sql`greatest(tat, now()) desc, reserved desc, blocked_until desc, key`
  const { rows } = await sql<BucketRow>`
    select b.* from (select distinct ca, bucket from ca_budgets) as kind
    cross join lateral (
      select *, row_number() over (order by ${emptiest}) as place
      from (
        select * from ca_budgets
        where ca = kind.ca and bucket = kind.bucket
          and (tat > now() or reserved > 0 or blocked_until > 'epoch' or unpause_url is not null or failures > 0)
        order by ${emptiest}
        limit ${limit}
      ) as first
    ) as b
    order by b.place, b.ca, array_position(${[...BUCKETS]}::text[], b.bucket)
    limit ${limit}`.execute(kysely)
  return rows.map((row) => ({ ca: row.ca, bucket: row.bucket, key: row.key, ...toBucketState(row) }))
}
