import { describe, expect, it } from 'vitest'
import { MINUTE, after } from '../clock.ts'
import { reason } from '../reasons.ts'
import { type Failure, type NoticeGroup, groupFailures } from './group-failures.ts'

const NOON = new Date('2026-11-21T12:00:00Z')
const windowMs = 10 * MINUTE
const failures = (count: number, from = 0): Failure[] =>
  Array.from({ length: count }, (_, index) => ({
    groupKey: 'DNS_RECORD_MISSING',
    domainId: `dom_${from + index}`,
    hostname: `n${from + index}.example.com`,
    reason: reason('DNS_RECORD_MISSING', 'It is not there.'),
  }))

const at = (minutes: number) => ({ now: after(NOON, minutes * MINUTE), windowMs })
const open = (held: number): NoticeGroup => ({
  key: 'DNS_RECORD_MISSING',
  windowUntil: after(NOON, windowMs),
  held,
  sample: failures(1)[0] as Failure,
})

describe('groupFailures', () => {
  it('tells the first failure at once and counts those that came with it', () => {
    const { group, notices } = groupFailures(null, failures(500), at(0))
    expect(notices).toMatchObject([{ kind: 'first', count: 1, sample: { hostname: 'n0.example.com' } }])
    expect(group).toMatchObject({
      held: 499,
      windowUntil: after(NOON, windowMs),
      sample: { hostname: 'n499.example.com' },
    })
  })

  it('only counts while the window is open', () => {
    const { group, notices } = groupFailures(open(3), failures(2, 10), at(9.9))
    expect(notices).toEqual([])
    expect(group).toMatchObject({
      held: 5,
      windowUntil: after(NOON, windowMs),
      sample: { hostname: 'n11.example.com' },
    })
  })

  it('sends one digest when the window ends, and opens a new one', () => {
    const { group, notices } = groupFailures(open(499), [], at(10))
    expect(notices).toMatchObject([{ kind: 'digest', count: 499, gatheredMs: windowMs }])
    expect(group).toMatchObject({ held: 0, windowUntil: after(NOON, 2 * windowMs) })
  })

  it('takes what arrives with the end of the window into the digest', () => {
    expect(groupFailures(open(1), failures(2), at(10)).notices).toMatchObject([{ kind: 'digest', count: 3 }])
  })

  it('says how long a digest really gathered when it is late', () => {
    expect(groupFailures(open(1), [], at(70)).notices).toMatchObject([{ gatheredMs: 70 * MINUTE }])
  })

  it('closes a group whose window ended quietly', () => {
    expect(groupFailures(open(0), [], at(10))).toEqual({ group: null, notices: [] })
  })

  it('tells a failure at once again after a quiet window', () => {
    expect(groupFailures(open(0), failures(1), at(10)).notices).toMatchObject([{ kind: 'first', count: 1 }])
  })

  it('sends one message per window while the trouble lasts, and loses no failure', () => {
    let group: NoticeGroup | null = null
    let told = 0
    let messages = 0
    for (let minute = 0; minute <= 60; minute += 1) {
      const decided = groupFailures(group, minute <= 45 ? failures(7, minute * 7) : [], at(minute))
      group = decided.group
      messages += decided.notices.length
      told += decided.notices.reduce((sum, notice) => sum + notice.count, 0)
    }
    expect({ told, messages, group }).toEqual({ told: 46 * 7, messages: 6, group: null })
  })
})
