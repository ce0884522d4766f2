import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY, HOUR } from '../clock.ts'
import { renewAtOf } from './renewal.ts'

const start = new Date('2026-11-21T00:00:00Z')
const shareOf = (lifetimeMs: number): number =>
  (renewAtOf(start, new Date(start.getTime() + lifetimeMs)).getTime() - start.getTime()) / lifetimeMs

test('a certificate is renewed at two thirds of its lifetime, at half when that is under ten days', () => {
  expect(shareOf(90 * DAY)).toBeCloseTo(2 / 3)
  expect(shareOf(45 * DAY)).toBeCloseTo(2 / 3)
  expect(shareOf(10 * DAY)).toBeCloseTo(2 / 3)
  expect(shareOf(10 * DAY - 1)).toBeCloseTo(1 / 2)
  expect(shareOf(160 * HOUR)).toBeCloseTo(1 / 2)
})

test('renewal always falls within the lifetime', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 400 * DAY }), (lifetimeMs) => {
      const share = shareOf(lifetimeMs)
      expect(share).toBeGreaterThan(0)
      expect(share).toBeLessThan(1)
    }),
  )
})
