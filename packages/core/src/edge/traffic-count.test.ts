import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LATENCY_BOUNDS_MS, addRequest, latencyQuantile, noTraffic } from './traffic-count.ts'

const latencyOf = (times: number[]) => {
  const count = noTraffic()
  for (const ms of times) addRequest(count, { status: 200, bytes: 1, ms })
  return count.latency
}

describe('the 95th percentile of latency', () => {
  it('lies in the class that the true one lies in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9_999 }), { minLength: 1, maxLength: 300 }), (times) => {
        const truth = times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? 0
        const estimate = latencyQuantile(latencyOf(times), 0.95) ?? -1
        const upper = LATENCY_BOUNDS_MS.find((bound) => truth <= bound) ?? Number.POSITIVE_INFINITY
        const lower = LATENCY_BOUNDS_MS.findLast((bound) => truth > bound) ?? 0
        expect(estimate).toBeGreaterThanOrEqual(lower)
        expect(estimate).toBeLessThanOrEqual(upper)
      }),
    )
  })

  it('is not known without a request, and of those that took for ever the last bound', () => {
    expect(latencyQuantile(noTraffic().latency, 0.95)).toBeNull()
    expect(latencyQuantile(latencyOf([3_600_000]), 0.95)).toBe(10_000)
  })
})

it('a websocket counts as a request, and its hours as nobody’s latency', () => {
  const count = noTraffic()
  addRequest(count, { status: 101, bytes: 5_000, ms: 7_200_000 })
  expect(count).toMatchObject({ requests: 1, bytes: 5_000, status: [1, 0, 0, 0, 0] })
  expect(latencyQuantile(count.latency, 0.95)).toBeNull()
})
