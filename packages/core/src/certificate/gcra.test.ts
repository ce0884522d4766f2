import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Bucket, FULL, type Limit, taken, tokenAt, tokensLeft } from './gcra.ts'

const START = Date.UTC(2026, 10, 21)
const aLimit = fc.record({
  burst: fc.integer({ min: 1, max: 400 }),
  refillMs: fc.integer({ min: 1, max: 200_000_000 }),
})

test('a full bucket has its burst, each token taken is one less, and one comes back per refill', () => {
  const limit: Limit = { burst: 3, refillMs: 1000 }
  let bucket: Bucket = FULL
  const left = (now: number) => tokensLeft(bucket, limit, limit.burst, now)
  expect(left(START)).toBe(3)
  for (const expected of [2, 1, 0]) {
    bucket = taken(bucket, limit, START)
    expect(left(START)).toBe(expected)
  }
  expect(left(START + 999)).toBe(0)
  expect(left(START + 1000)).toBe(1)
  expect(left(START + 3000)).toBe(3)
  expect(left(START + 1_000_000)).toBe(3)
})

test('what is reserved is not there to be taken', () => {
  const limit: Limit = { burst: 3, refillMs: 1000 }
  expect(tokensLeft({ tat: 0, reserved: 2 }, limit, 3, START)).toBe(1)
  expect(tokensLeft({ tat: 0, reserved: 5 }, limit, 3, START)).toBe(-2)
})

test('there is a token at the moment that was named, and none a millisecond before', () => {
  fc.assert(
    fc.property(aLimit, fc.nat(400), fc.nat(20), fc.nat(1_000_000), (limit, takes, reserved, later) => {
      let bucket: Bucket = { ...FULL, reserved }
      for (let taking = 0; taking < takes; taking++) bucket = taken(bucket, limit, START)
      const now = START + later
      const at = tokenAt(bucket, limit, limit.burst, now)
      // While more is reserved than there will ever be, no moment is late enough for a launch.
      if (reserved < limit.burst) expect(tokensLeft(bucket, limit, limit.burst, at)).toBeGreaterThanOrEqual(1)
      if (at > now) expect(tokensLeft(bucket, limit, limit.burst, at - 1)).toBeLessThan(1)
    }),
  )
})

test('in no window are more taken than the burst and what came back within it', () => {
  fc.assert(
    fc.property(aLimit, fc.array(fc.nat(500_000), { maxLength: 300 }), (limit, pauses) => {
      let bucket: Bucket = FULL
      let now = START
      const taking: number[] = []
      for (const pause of pauses) {
        now += pause
        if (tokensLeft(bucket, limit, limit.burst, now) < 1) continue
        bucket = taken(bucket, limit, now)
        taking.push(now)
      }
      for (const [first, from] of taking.entries()) {
        for (const [place, to] of taking.entries()) {
          const count = place - first + 1
          if (count > 0) expect(count).toBeLessThanOrEqual(limit.burst + Math.ceil((to - from) / limit.refillMs))
        }
      }
    }),
    { numRuns: 30 },
  )
})
