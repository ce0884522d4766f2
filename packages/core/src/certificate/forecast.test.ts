import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND } from '../clock.ts'
import { type BucketState, UNTOUCHED, decideAdmission } from './admission.ts'
import { type ForecastBucket, forecast, tokensUsed } from './forecast.ts'
import { LETS_ENCRYPT } from './limits.ts'

const now = Date.parse('2026-11-21T12:00:00Z')
const NEW_ORDERS = { burst: 300, refillMs: 36 * SECOND }
const launches = (state: Partial<BucketState> = {}): ForecastBucket => ({
  limit: NEW_ORDERS,
  capacity: 210,
  state: { ...UNTOUCHED, ...state },
})

/** Orders of this bucket alone, each placed as soon as the decision lets it; those that wait first have been told so. */
function simulate({ limit, capacity, state: first }: ForecastBucket, end: number): { orders: number; firstAt: number } {
  // Held tokens are spent, as the forecast takes them to be.
  const tat = limit === null ? first.tat : Math.max(first.tat, now) + first.reserved * limit.refillMs
  let state: BucketState = { ...first, tat, reserved: 0, line: 0 }
  let at = now
  let orders = 0
  let firstAt = Number.NaN
  while (at <= end) {
    const ask = { bucket: 'new_orders' as const, key: 'acme', limit, capacity, spends: 'at_order' as const, state }
    const { admission, states } = decideAdmission([ask], at)
    if (admission.kind === 'paused') break
    if (admission.kind === 'admitted') {
      if (orders === 0) firstAt = at
      orders += 1
      state = states[0] as BucketState
    } else {
      at = admission.until
    }
    // Nobody stands in line here: the next one asks when the one before went.
    state = { ...state, line: 0 }
  }
  return { orders, firstAt }
}

const states = fc.record({
  tat: fc.integer({ min: -HOUR, max: 3 * HOUR }).map((offset) => now + offset),
  reserved: fc.integer({ min: 0, max: 5 }),
  line: fc.constant(0),
  blockedUntil: fc.oneof(
    fc.constant(0),
    fc.integer({ min: -HOUR, max: 4 * HOUR }).map((offset) => now + offset),
  ),
  unpauseUrl: fc.constant(null),
  failures: fc.constant(0),
})
const limits = fc.record({ burst: fc.integer({ min: 6, max: 60 }), refillMs: fc.integer({ min: MINUTE, max: HOUR }) })

test('as many orders go within the horizon as the admission lets through, the first one when it is said to', () => {
  fc.assert(
    fc.property(limits, states, fc.integer({ min: 0, max: 6 * HOUR }), (limit, state, horizonMs) => {
      const bucket = { limit, capacity: Math.max(1, Math.floor(limit.burst * 0.7)), state }
      const { orders, goesAt } = forecast(bucket, now, horizonMs)
      const simulated = simulate(bucket, now + horizonMs)
      expect(orders).toBe(simulated.orders)
      if (simulated.orders > 0) expect(goesAt).toBe(simulated.firstAt)
    }),
  )
})

describe('the forecast', () => {
  it('of an untouched account is its share of the burst and what comes back within the day', () => {
    expect(forecast(launches(), now, DAY)).toEqual({ orders: 210 + DAY / (36 * SECOND), goesAt: now })
  })

  it('of a bucket without a limit has no number', () => {
    expect(forecast({ limit: null, capacity: 0, state: UNTOUCHED }, now, DAY)).toEqual({ orders: null, goesAt: now })
  })

  it('of a blocked bucket begins when the block ends', () => {
    const blockedUntil = now + HOUR
    expect(forecast(launches({ blockedUntil }), now, DAY)).toEqual({ orders: 210 + 2300, goesAt: blockedUntil })
    const unlimited = { limit: null, capacity: 0, state: { ...UNTOUCHED, blockedUntil } }
    expect(forecast(unlimited, now, DAY)).toEqual({ orders: null, goesAt: blockedUntil })
    expect(forecast(unlimited, now, HOUR / 2)).toEqual({ orders: 0, goesAt: blockedUntil })
  })

  it('of a paused name has no time: somebody has to act', () => {
    expect(forecast(launches({ unpauseUrl: 'https://ca.example/unpause' }), now, DAY)).toEqual({
      orders: 0,
      goesAt: null,
    })
  })

  it('of an empty bucket puts the next order behind those that wait', () => {
    const tat = now + 210 * NEW_ORDERS.refillMs
    expect(forecast(launches({ tat }), now, DAY).goesAt).toBe(now + NEW_ORDERS.refillMs)
    const line = now + 10 * NEW_ORDERS.refillMs
    expect(forecast(launches({ tat, line }), now, DAY).goesAt).toBe(line + NEW_ORDERS.refillMs)
  })

  it('counts what orders under way hold as taken', () => {
    expect(forecast(launches({ reserved: 210 }), now, 0).orders).toBe(0)
    expect(forecast(launches({ reserved: 300 }), now, 0).orders).toBe(0)
  })
})

test('tokens are used until they have come back', () => {
  const limit = LETS_ENCRYPT.failed_validations as { burst: number; refillMs: number }
  expect(tokensUsed({ tat: now + limit.refillMs + 1 }, limit, now)).toBe(2)
  expect(tokensUsed({ tat: now - 1 }, limit, now)).toBe(0)
})
