import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, SECOND, after } from '../clock.ts'
import { NEW_PACE, messageLimit, paceChannel } from './pace-channel.ts'

const NOON = new Date('2026-11-21T12:00:00Z')
const windowMs = 10 * MINUTE
const limit = messageLimit(30)
const at = (seconds: number) => after(NOON, seconds * SECOND)

/** Runs a channel once a second; `arriving` says how many notices come at each. Sizes of the messages, by second. */
function run(seconds: number, arriving: (second: number) => number, bucket = limit) {
  let pace = NEW_PACE
  let waiting: { at: Date }[] = []
  const sent: { second: number; size: number }[] = []
  for (let second = 0; second <= seconds; second += 1) {
    waiting.push(...Array.from({ length: arriving(second) }, () => ({ at: at(second) })))
    const decided = paceChannel(pace, waiting, { now: at(second), limit: bucket, windowMs })
    pace = decided.pace
    const gone = new Set(decided.messages.flat())
    sent.push(...decided.messages.map((message) => ({ second, size: message.length })))
    waiting = waiting.filter((notice) => !gone.has(notice))
  }
  return { sent, waiting }
}

describe('paceChannel', () => {
  it('tells two troubles at once, one by one', () => {
    expect(run(1, (second) => (second < 2 ? 1 : 0)).sent).toEqual([
      { second: 0, size: 1 },
      { second: 1, size: 1 },
    ])
  })

  it('tells a flood over a minute in three messages', () => {
    const { sent, waiting } = run(3600, (second) => (second < 60 ? 8 : 0))
    expect(sent).toEqual([
      { second: 0, size: 8 },
      { second: 1, size: 8 },
      { second: 120, size: 464 },
    ])
    expect(waiting).toEqual([])
  })

  it('makes a lasting flood one message per window', () => {
    const { sent } = run(7200, () => 1)
    expect(sent.map(({ second }) => second)).toEqual([
      0,
      1,
      ...Array.from({ length: 12 }, (_, index) => 120 + index * 600),
    ])
  })

  it('gives no hour more than the cap, and loses nothing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }),
        (perHour, gaps) => {
          const bucket = messageLimit(perHour)
          let pace = NEW_PACE
          let now = NOON
          let waiting: { at: Date }[] = []
          const sentAt: number[] = []
          let told = 0
          // The last gaps are long, so that everything gets its turn.
          for (const gap of [...gaps, ...Array.from({ length: 10 }, () => 7200)]) {
            now = after(now, gap * SECOND)
            if (gap < 7200) waiting.push({ at: now })
            const decided = paceChannel(pace, waiting, { now, limit: bucket, windowMs: 10 * SECOND })
            pace = decided.pace
            const gone = new Set(decided.messages.flat())
            told += gone.size
            sentAt.push(...decided.messages.map(() => now.getTime()))
            waiting = waiting.filter((notice) => !gone.has(notice))
          }
          const busiest = Math.max(
            0,
            ...sentAt.map((from) => sentAt.filter((one) => one >= from && one < from + HOUR).length),
          )
          expect(busiest).toBeLessThanOrEqual(perHour)
          expect(told).toBe(gaps.length)
        },
      ),
    )
  })

  it('says when it may be asked again', () => {
    const { pace } = paceChannel(NEW_PACE, [{ at: NOON }, { at: NOON }], { now: NOON, limit, windowMs })
    const held = paceChannel(pace, [{ at: at(1) }], { now: at(1), limit, windowMs })
    expect(held).toMatchObject({ messages: [], readyAt: at(120) })
    const spent = paceChannel(NEW_PACE, [{ at: NOON }], { now: NOON, limit: messageLimit(1), windowMs })
    expect(paceChannel(spent.pace, [{ at: at(1) }], { now: at(1), limit: messageLimit(1), windowMs })).toMatchObject({
      messages: [],
      readyAt: at(3600),
    })
  })
})
