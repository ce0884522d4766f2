import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND, after } from '../clock.ts'
import { scheduleLook } from './next-look.ts'

const createdAt = new Date('2026-01-01T00:00:00Z')

/** How long until the next look, and how many there have been then. */
function schedule(
  looks: number,
  { age = 0, before, serial = null }: { age?: number; before?: number; serial?: number | null } = {},
) {
  const now = after(createdAt, age)
  const dns = before === undefined ? {} : { serial: before }
  const next = scheduleLook({ looks, createdAt, dns }, serial, now)
  return [next.until.getTime() - now.getTime(), next.looks]
}

describe('the look after one that found nothing', () => {
  it('comes after 30 s, and each time after twice as long, up to a quarter of an hour on the first day', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 40].map((looks) => schedule(looks)[0])
    expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900, 900].map((seconds) => seconds * SECOND))
  })

  it('comes up to four hours later after the first day', () => {
    expect(schedule(6, { age: DAY - 1 })).toEqual([15 * MINUTE, 7])
    expect(schedule(6, { age: DAY })).toEqual([32 * MINUTE, 7])
    expect(schedule(9, { age: DAY })).toEqual([4 * HOUR, 10])
    expect(schedule(5000, { age: DAY })).toEqual([4 * HOUR, 5001])
  })

  it('comes soon again once somebody is at work on the zone', () => {
    expect(schedule(9, { age: 3 * DAY, before: 7, serial: 8 })).toEqual([30 * SECOND, 1])
    // Serials wrap (RFC 1982), and some hosts count backwards: any other one is a change.
    expect(schedule(9, { age: 3 * DAY, before: 8, serial: 7 })).toEqual([30 * SECOND, 1])
  })

  it('keeps its pace where the serial stayed, or is not known', () => {
    for (const serials of [{ before: 7, serial: 7 }, { before: 7 }, { serial: 8 }, {}]) {
      expect(schedule(3, serials)).toEqual([4 * MINUTE, 4])
    }
  })
})
