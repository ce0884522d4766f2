import { DAY, HOUR, LETS_ENCRYPT, type Limit, type Limits, UNTOUCHED, capacityFor, forecast } from '@mooring/core'

/** Longer than anybody waits, in milliseconds. */
const FOREVER = 1e15

/** How long the launches of so many names take with a fresh account's orders alone, in days. */
export function daysToLoad(names: number, limits: Limits): number {
  const limit = ordersOf(limits)
  const bucket = { limit, capacity: capacityFor('new_orders', 'new', limit) ?? 0, state: UNTOUCHED }
  let [tooShort, longEnough] = [-1, FOREVER]
  while (longEnough - tooShort > 1) {
    const horizon = Math.floor((tooShort + longEnough) / 2)
    const { orders } = forecast(bucket, 0, horizon)
    if (orders === null || orders >= names) longEnough = horizon
    else tooShort = horizon
  }
  return longEnough / DAY
}

/** The answer to `--how-long`. */
export function howLong(names: number, limits: Limits): { text: string; facts: Record<string, unknown> } {
  const limit = ordersOf(limits)
  const { atBest, atFourFifths } = bothWays(names, limits)
  const text = [
    `${counted(names)} names through one account with ${described(limit)}: ${inDays(atBest)}.`,
    'That is when every order that comes back goes to a new name. When a fifth of them goes elsewhere (names that fail and',
    `are tried again, another client of the account), it is ${inDays(atFourFifths)}.`,
  ].join('\n')
  return { text, facts: { names, limit, days: rounded(atBest), days_at_four_fifths: rounded(atFourFifths) } }
}

export function withDefaultLimits(names: number): string {
  const { atBest, atFourFifths } = bothWays(names, LETS_ENCRYPT)
  return `With the default limits, ${counted(names)} names take ${inDays(atBest)} at best, and ${inDays(atFourFifths)} when a fifth of the orders goes elsewhere.`
}

const bothWays = (names: number, limits: Limits): { atBest: number; atFourFifths: number } => ({
  atBest: daysToLoad(names, limits),
  atFourFifths: (names * ordersOf(limits).refillMs) / DAY / 0.8,
})

export const described = ({ burst, refillMs }: Limit): string => {
  const hours = (burst * refillMs) / HOUR
  return `${counted(burst)} new orders per ${counted(rounded(hours))} h`
}

export const ordersOf = (limits: Limits): Limit => {
  const limit = { ...LETS_ENCRYPT, ...limits }.new_orders
  if (limit === undefined) throw new TypeError('Let’s Encrypt limits new orders')
  return limit
}

export const counted = (value: number): string => value.toLocaleString('en')
export const inDays = (days: number): string => `${counted(rounded(days))} days`
const rounded = (value: number): number => Math.round(value * 10) / 10
