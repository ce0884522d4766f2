import { DAY } from '../clock.ts'
import { type Reason, reason } from '../reasons.ts'
import { FULL, type Limit, taken, tokenAt, tokensLeft } from './gcra.ts'
import { type LimitAsk, type BucketName, afterFailureMs } from './limits.ts'

/** One bucket as it is kept: one row of `ca_budgets`. Times are milliseconds since the epoch. */
export interface BucketState {
  tat: number
  reserved: number
  /** The last turn that was given to somebody who has to wait; those who come later wait behind it. */
  line: number
  /** Until when the authority, or a failure, keeps everybody from it; 0 when nobody does. */
  blockedUntil: number
  /** The authority does not serve this key until somebody acts there. */
  unpauseUrl: string | null
  /** Failures in a row. */
  failures: number
}

export const UNTOUCHED: BucketState = { ...FULL, line: 0, blockedUntil: 0, unpauseUrl: null, failures: 0 }

export type Admission = { kind: 'admitted' } | Refusal

/**
 * - `budget`   the mirror of the authority's limit has no token left for this order
 * - `blocked`  the authority said to come back later, or a validation failed a moment ago
 * - `paused`   somebody has to act at `unpauseUrl`; there is no time
 */
export type Refusal =
  | { kind: 'budget' | 'blocked'; bucket: BucketName; key: string; until: number }
  | { kind: 'paused'; bucket: BucketName; key: string; unpauseUrl: string }

/** A bucket, and what is asked of it. */
export type AskedBucket = LimitAsk & { state: BucketState }

/**
 * Decides whether an order may be placed now. All tokens or none: `states` are the buckets afterwards, in the order of
 * the asks. Tokens that the authority takes at issuance are reserved until then.
 *
 * Whoever is refused for want of budget has a turn in the line: ten thousand that wait for one bucket come back one by
 * one, as its tokens do, and not all at the first one.
 */
export function decideAdmission(
  asked: readonly AskedBucket[],
  now: number,
): { admission: Admission; states: BucketState[] } {
  const unchanged = asked.map(({ state }) => state)
  const paused = asked.find(({ state }) => state.unpauseUrl !== null)
  if (paused?.state.unpauseUrl != null) {
    const { bucket, key, state } = paused
    return { admission: { kind: 'paused', bucket, key, unpauseUrl: state.unpauseUrl as string }, states: unchanged }
  }
  const blocked = latest(asked, ({ state }) => state.blockedUntil)
  if (blocked !== null && blocked.at > now) {
    const { bucket, key } = blocked.one
    return { admission: { kind: 'blocked', bucket, key, until: blocked.at }, states: unchanged }
  }
  const lacking = latest(
    asked.filter((one) => lacks(one, now)),
    (one) => turnOf(one, now),
  )
  if (lacking !== null) {
    const { bucket, key } = lacking.one
    const states = asked.map((one) => (one === lacking.one ? { ...one.state, line: lacking.at } : one.state))
    return { admission: { kind: 'budget', bucket, key, until: lacking.at }, states }
  }
  return { admission: { kind: 'admitted' }, states: asked.map((one) => afterAdmission(one, now)) }
}

const lacks = ({ limit, capacity, state }: AskedBucket, now: number): boolean =>
  limit !== null && tokensLeft(state, limit, capacity, now) < 1

/** The line is no longer than this: whoever comes after its end has a turn from its beginning on, beside another. */
const LONGEST_LINE_MS = 365 * DAY

/** The token after the one that was promised to whoever came before. */
function turnOf({ limit, capacity, state }: AskedBucket, now: number): number {
  if (limit === null) return now
  const first = tokenAt(state, limit, capacity, now)
  const turn = state.line + limit.refillMs
  return turn > first + LONGEST_LINE_MS ? first : Math.max(first, turn)
}

function afterAdmission({ limit, spends, state }: AskedBucket, now: number): BucketState {
  if (limit === null) return state
  if (spends === 'at_order') return { ...state, ...taken(state, limit, now) }
  return spends === 'at_issuance' ? { ...state, reserved: state.reserved + 1 } : state
}

/** What an order gives back when it ends; stored with the order. */
export interface Reservation {
  bucket: BucketName
  key: string
  refillMs: number
}

export const reservationsOf = (asks: readonly LimitAsk[]): Reservation[] =>
  asks.flatMap(({ bucket, key, limit, spends }) =>
    limit !== null && spends === 'at_issuance' ? [{ bucket, key, refillMs: limit.refillMs }] : [],
  )

/**
 * What the next order for the same certificate asks. What is reserved for it already is not reserved twice; whoever keeps
 * the bucket closed is heeded all the same.
 */
export const asksBesides = (asks: readonly LimitAsk[], reserved: readonly Reservation[] | null): LimitAsk[] =>
  asks.map((ask) =>
    reserved?.some(({ bucket, key }) => bucket === ask.bucket && key === ask.key) === true
      ? { ...ask, limit: null }
      : ask,
  )

/** The order ended without a certificate. */
export const released = (state: BucketState): BucketState => ({ ...state, reserved: Math.max(0, state.reserved - 1) })

/** The authority issued, and took its token. */
export const spent = (state: BucketState, { refillMs }: Reservation, now: number): BucketState => ({
  ...released(state),
  tat: Math.max(state.tat, now) + refillMs,
})

/** The authority counted an order although it was to be exempt, whenever it takes the token. */
export const counted = ({ limit, spends, state }: AskedBucket, now: number): BucketState =>
  limit === null || spends === 'at_failure' ? state : { ...state, ...taken(state, limit, now) }

/** What an authority says of a bucket: when to come back, or where somebody has to act. */
export type Block = { until: Date } | { unpauseUrl: string }

export const blockedBy = (state: BucketState, word: Block): BucketState =>
  'until' in word
    ? { ...state, blockedUntil: Math.max(state.blockedUntil, word.until.getTime()) }
    : { ...state, unpauseUrl: word.unpauseUrl }

/** May be tried at once; how often it failed is not forgotten. */
export const unblocked = (state: BucketState): BucketState => ({ ...state, blockedUntil: 0, unpauseUrl: null })

/** A validation failed: the authority took a token, and the name waits longer with each in a row. */
export const failedOnce = (state: BucketState, limit: Limit | null, now: number): BucketState => ({
  ...state,
  tat: limit === null ? state.tat : Math.max(state.tat, now) + limit.refillMs,
  failures: state.failures + 1,
  blockedUntil: Math.max(state.blockedUntil, now + afterFailureMs(state.failures + 1)),
})

/** A certificate was issued for the name: what failed before does not count any more. */
export const succeeded = (state: BucketState): BucketState => ({
  ...state,
  failures: 0,
  blockedUntil: 0,
  unpauseUrl: null,
})

function latest<T>(ones: readonly T[], timeOf: (one: T) => number): { one: T; at: number } | null {
  let last: { one: T; at: number } | null = null
  for (const one of ones) {
    const at = timeOf(one)
    if (last === null || at > last.at) last = { one, at }
  }
  return last
}

const SAID: Record<BucketName, (key: string) => string> = {
  new_orders: (key) => `orders of the account ${key}`,
  certificates_of_domain: (key) => `certificates of ${key}`,
  exact_set: (key) => `certificates of exactly ${key}`,
  failed_validations: (key) => `failed validations of ${key}`,
}

/** What a domain says while it is not admitted. */
export function reasonOfRefusal(refusal: Refusal, ca: string): Reason {
  const what = SAID[refusal.bucket](refusal.key)
  if (refusal.kind === 'paused') {
    const message = `${ca} paused ${refusal.key} after too many failures. Unpause it at ${refusal.unpauseUrl}, then retry.`
    return reason('CA_PAUSED', message)
  }
  const until = new Date(refusal.until).toISOString()
  if (refusal.kind === 'blocked') {
    const message = `${ca} takes no more ${what} before ${until}. The order is placed then, by itself.`
    return reason('CA_RATE_LIMITED', message)
  }
  const message = `The limit of ${ca} for ${what} is used up. The order is placed at ${until}, by itself.`
  return reason('RATE_LIMIT_BUDGET', message)
}
