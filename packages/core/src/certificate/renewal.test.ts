import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY, HOUR, after } from '../clock.ts'
import { momentAtShare, renewAtOf, renewAtWithin, shareLeft, urgencyOf } from './renewal.ts'

const notBefore = new Date('2026-01-01T00:00:00Z')
const living = (ms: number) => ({ notBefore, notAfter: after(notBefore, ms) })
const sinceStart = (at: Date) => at.getTime() - notBefore.getTime()

describe('renewAtOf', () => {
  it.each([
    [90, 60],
    [64, 42 + 2 / 3],
    [45, 30],
    [10, 6 + 2 / 3],
  ])('renews a certificate of %i days after two thirds of them', (days, after) => {
    const { notAfter } = living(days * DAY)
    expect(sinceStart(renewAtOf(notBefore, notAfter))).toBe(Math.floor(after * DAY))
  })

  it('renews a short-lived one half-way', () => {
    const { notAfter } = living(160 * HOUR)
    expect(sinceStart(renewAtOf(notBefore, notAfter))).toBe(80 * HOUR)
  })

  it('spreads those of one day over the days before', () => {
    const { notAfter } = living(90 * DAY)
    expect(sinceStart(renewAtOf(notBefore, notAfter, 0.5))).toBe(57.75 * DAY)
    expect(sinceStart(renewAtOf(notBefore, notAfter, 0.999))).toBeGreaterThan(55 * DAY)
  })
})

describe('renewAtWithin', () => {
  const validity = living(90 * DAY)
  const window = { start: after(notBefore, 58 * DAY), end: after(notBefore, 60 * DAY) }

  it('is an instant of the window', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        const at = renewAtWithin(window, validity, random)
        expect(at >= window.start && at <= window.end).toBe(true)
      }),
    )
  })

  it('is not later than a twentieth of the lifetime before the end, whatever the authority says', () => {
    const late = { start: after(notBefore, 89 * DAY), end: after(notBefore, 95 * DAY) }
    expect(sinceStart(renewAtWithin(late, validity, 0.5))).toBe(85.5 * DAY)
  })

  it('is in the past where the window is, but for what was issued a moment ago', () => {
    const revoked = { start: after(notBefore, 2 * DAY), end: after(notBefore, 2 * DAY) }
    expect(renewAtWithin(revoked, validity, 0.5)).toEqual(revoked.start)
    const past = { start: after(notBefore, -2 * DAY), end: after(notBefore, -DAY) }
    expect(sinceStart(renewAtWithin(past, validity, 0.5))).toBe(6 * HOUR)
    expect(sinceStart(renewAtWithin(past, living(DAY), 0.5))).toBe(DAY / 20)
  })

  it('is the start of a window that ends before it begins', () => {
    const turned = { start: window.end, end: window.start }
    expect(renewAtWithin(turned, validity, 0.9)).toEqual(turned.start)
  })
})

describe('what is left', () => {
  const validity = living(100 * DAY)

  it.each([
    [0, 1, 'due'],
    [70, 0.3, 'due'],
    [75, 0.25, 'late'],
    [90, 0.1, 'urgent'],
    [100, 0, 'expired'],
    [120, 0, 'expired'],
  ])('after %i of 100 days is %f, and a renewal that is due is %s', (days, share, urgency) => {
    const now = after(notBefore, days * DAY)
    expect(shareLeft(validity, now)).toBeCloseTo(share)
    expect(urgencyOf(validity, now)).toBe(urgency)
  })

  it('is told of at its moment', () => {
    expect(sinceStart(momentAtShare(validity, 1 / 4))).toBe(75 * DAY)
  })
})
