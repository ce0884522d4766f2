import { type RawBuilder, sql } from 'kysely'

// What becomes of the tokens that an order reserved, in the statement that ends the order: both or neither. The rules are
// core's `spent`, `released` and `succeeded`. Locks are taken in the order that `lockBuckets` takes them in.

const ENDED_CA = sql`split_part(ended.issuer, '/', 1)`

/**
 * CTEs: the authority issued and took its tokens, and the failures of the name are forgotten. `ended` is the order as it
 * was, with `issuer`, `hostname` and `reserved`.
 */
export const spendReserved = sql`
  touched as (
    select b.ca, b.bucket, b.key, taken."refillMs" as refill_ms
    from (
      select ${ENDED_CA} as ca, r.* from ended, jsonb_to_recordset(ended.reserved) as r (bucket text, key text, "refillMs" float8)
      union all
      select ${ENDED_CA}, 'failed_validations', ended.hostname, null from ended
    ) as taken
    join ca_budgets b on b.ca = taken.ca and b.bucket = taken.bucket and b.key = taken.key
    order by b.ca, b.bucket, b.key
    for no key update of b
  ), spent as (
    update ca_budgets b
    set tat = greatest(b.tat, date_trunc('milliseconds', clock_timestamp())) + touched.refill_ms * interval '1 millisecond',
        reserved = greatest(b.reserved - 1, 0)
    from touched
    where b.ca = touched.ca and b.bucket = touched.bucket and b.key = touched.key and touched.refill_ms is not null
  ), forgotten as (
    update ca_budgets b
    set failures = 0, blocked_until = 'epoch', unpause_url = null
    from touched
    where b.ca = touched.ca and b.bucket = touched.bucket and b.key = touched.key and touched.refill_ms is null
  )`

/** CTEs: the order `ended` without a certificate. */
export const releaseReserved: RawBuilder<unknown> = sql`
  touched as (
    select b.ca, b.bucket, b.key
    from ended, jsonb_to_recordset(ended.reserved) as r (bucket text, key text)
    join ca_budgets b on b.bucket = r.bucket and b.key = r.key
    where b.ca = ${ENDED_CA}
    order by b.ca, b.bucket, b.key
    for no key update of b
  ), released as (
    update ca_budgets b set reserved = greatest(b.reserved - 1, 0)
    from touched
    where b.ca = touched.ca and b.bucket = touched.bucket and b.key = touched.key
  )`
