import {
  BUCKETS,
  type BucketName,
  type BucketState,
  type Budgets,
  type ForecastBucket,
  type Limit,
  type Limits,
  type OrderKind,
  SECOND,
  UNTOUCHED,
  capacityFor,
  forecast,
  tokensLeft,
  tokensUsed,
} from '@mooring/core'
import type { z } from 'zod'
import type * as schemas from './limit-schemas.ts'

type Json<Schema extends z.ZodType> = z.output<Schema>
type AuthorityJson = Json<typeof schemas.authoritySchema>
type BucketJson = Json<typeof schemas.bucketSchema>
type Bucket = Awaited<ReturnType<Budgets['buckets']>>[number]

/** An authority by its name, the names of its accounts, and what it limits. */
export interface AuthorityLimits {
  ca: string
  accounts: readonly string[]
  limits: Limits
}

/** From when until when is forecast; milliseconds since the epoch. */
export interface Span {
  now: number
  until: number
}

/** What the authority limits, how much of it is taken, and what can be launched with it. */
export function authorityResource({ ca, accounts, limits }: AuthorityLimits, all: Bucket[], span: Span): AuthorityJson {
  const buckets = all.filter((bucket) => bucket.ca === ca)
  const orders = new Map(buckets.filter(({ bucket }) => bucket === 'new_orders').map((one) => [one.key, one]))
  const each = accounts.map((name) =>
    accountResource(name, orders.get(name) ?? UNTOUCHED, limits.new_orders ?? null, span),
  )
  const times = each.flatMap(({ goes_at: goesAt }) => (goesAt === null ? [] : [goesAt])).toSorted()
  return {
    name: ca,
    launches: sum(each.map(({ launches }) => launches)),
    goes_at: times[0] ?? null,
    accounts: each,
    limits: BUCKETS.flatMap((bucket) => {
      const limit = limits[bucket]
      return limit === undefined ? [] : [limitResource(bucket, limit)]
    }),
    buckets: buckets.map((bucket) => bucketResource(bucket, limits[bucket.bucket] ?? null, span)),
  }
}

const sum = (numbers: (number | null)[]): number | null =>
  numbers.reduce((total, one) => (total === null || one === null ? null : total + one), 0)

/** A bucket with what the authority limits there; null where nothing is known. */
interface Counted {
  bucket: BucketName
  state: BucketState
  limit: Limit | null
}

function accountResource(
  name: string,
  state: BucketState,
  limit: Limit | null,
  span: Span,
): AuthorityJson['accounts'][number] {
  const orders: Counted = { bucket: 'new_orders', state, limit }
  const { orders: launches, goes_at } = forecastResource(orders, 'new', span)
  return { name, left: leftFor(orders, 'new', span), launches, goes_at }
}

function limitResource(bucket: BucketName, { burst, refillMs }: Limit): AuthorityJson['limits'][number] {
  const limit = { burst, refillMs }
  return {
    bucket,
    burst,
    refill_seconds: refillMs / SECOND,
    launches: capacityFor(bucket, 'new', limit),
    renewals: capacityFor(bucket, 'renewal', limit),
  }
}

function bucketResource({ bucket, key, ...state }: Bucket, limit: Limit | null, span: Span): BucketJson {
  const counted = { bucket, state, limit }
  const { now } = span
  return {
    bucket,
    key,
    limit: limit === null ? null : limitResource(bucket, limit),
    used: limit === null ? 0 : tokensUsed(state, limit, now),
    reserved: state.reserved,
    left: { launches: leftFor(counted, 'new', span), renewals: leftFor(counted, 'renewal', span) },
    blocked_until: timeAfter(now, state.blockedUntil),
    unpause_url: state.unpauseUrl,
    failures: state.failures,
    waiting_until: timeAfter(now, state.line),
    launches: forecastResource(counted, 'new', span),
    renewals: forecastResource(counted, 'renewal', span),
  }
}

function leftFor(counted: Counted, kind: OrderKind, { now }: Span): number | null {
  const { limit, capacity, state } = shareOf(counted, kind)
  if (state.unpauseUrl !== null || state.blockedUntil > now) return 0
  return limit === null ? null : Math.max(0, tokensLeft(state, limit, capacity, now))
}

function forecastResource(counted: Counted, kind: OrderKind, { now, until }: Span): BucketJson['launches'] {
  const { orders, goesAt } = forecast(shareOf(counted, kind), now, until - now)
  return { orders, goes_at: goesAt === null ? null : timeOf(goesAt) }
}

/** What orders of the kind may take of the bucket; without a limit where the authority does not count them. */
function shareOf({ bucket, state, limit }: Counted, kind: OrderKind): ForecastBucket {
  const capacity = limit === null ? null : capacityFor(bucket, kind, limit)
  return capacity === null ? { limit: null, capacity: 0, state } : { limit, capacity, state }
}

const timeOf = (at: number): string => new Date(at).toISOString()
const timeAfter = (now: number, at: number): string | null => (at > now ? timeOf(at) : null)
