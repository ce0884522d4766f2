import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, SECOND, after } from '../clock.ts'
import { type AuthorityHealth, HEALTHY, afterFailure, backAfterProbe, beginProbe, isDown } from './circuit.ts'

const now = new Date('2026-01-01T12:00:00Z')
const failing = (times: number, at = now): AuthorityHealth =>
  Array.from({ length: times }).reduce<AuthorityHealth>((health) => afterFailure(health, at), HEALTHY)

describe('an authority that fails', () => {
  it('is down after five failures in a row, since the fifth', () => {
    expect(isDown(failing(4))).toBe(false)
    expect(failing(5)).toEqual({ failures: 5, downSince: now, probeAt: after(now, 30 * SECOND) })
  })

  it('is probed less and less often, and every five minutes at least', () => {
    const waits: number[] = []
    let health = failing(5)
    for (let probes = 0; probes < 6; probes++) {
      const at = health.probeAt ?? expect.fail('nobody may probe')
      health = afterFailure(health, at)
      waits.push((health.probeAt?.getTime() ?? 0) - at.getTime())
    }
    expect(waits).toEqual([1, 2, 4, 5, 5, 5].map((minutes) => minutes * MINUTE))
  })

  it('is one outage for all who asked before anybody knew', () => {
    expect(failing(50)).toEqual(failing(5))
  })

  it('is still down since the first time when a probe fails', () => {
    const later = afterFailure(failing(5), after(now, HOUR))
    expect(later.downSince).toEqual(now)
  })

  it('is probed by one at a time, and only when it is time', () => {
    const down = failing(5)
    expect(beginProbe(HEALTHY, now)).toBeNull()
    expect(beginProbe(down, now)).toBeNull()
    const probing = beginProbe(down, after(now, 31 * SECOND))
    expect(probing).not.toBeNull()
    expect(beginProbe(probing as AuthorityHealth, after(now, 32 * SECOND))).toBeNull()
  })

  it('sees those who waited come back one by one, the more urgent the sooner', () => {
    const down = failing(5)
    const backIn = (left: number | null, random: number, at = now) =>
      (backAfterProbe(down, at, left, random).getTime() - at.getTime()) / SECOND
    expect(backIn(null, 0)).toBe(31)
    expect(backIn(null, 0.999)).toBeCloseTo(31 + 300, 0)
    expect(backIn(0.3, 0.999)).toBeCloseTo(31 + 300, 0)
    const dayLater = after(now, 24 * HOUR)
    expect(backIn(null, 0.999, dayLater), 'a launch').toBeCloseTo(1 + 300, 0)
    expect(backIn(0.3, 0.999, dayLater), 'a renewal with weeks to go').toBeCloseTo(1 + 0.3 * 6 * 3600, -2)
    expect(backIn(0.01, 0.999, dayLater), 'one at its end').toBeLessThan(240)
  })
})
