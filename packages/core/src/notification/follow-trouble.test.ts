import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, after } from '../clock.ts'
import { reason } from '../reasons.ts'
import { followTrouble } from './follow-trouble.ts'
import { type NoticeGroup, topicOf } from './notice-group.ts'

const NOON = new Date('2026-11-21T12:00:00Z')
const group = (facts: Partial<NoticeGroup> = {}, code = 'CA_UNAVAILABLE'): NoticeGroup => ({
  topic: topicOf(code, { tenant: 'acme', ca: 'letsencrypt', edge: null }),
  windowUntil: NOON,
  held: 0,
  sample: { domainId: 'dom_1', hostname: 'a.example.com', reason: reason('CA_UNAVAILABLE', '') },
  since: NOON,
  domains: 47,
  clearSince: null,
  escalated: 0,
  ...facts,
})
const at = (minutes: number, isInTrouble: boolean) => ({
  isInTrouble,
  now: after(NOON, minutes * MINUTE),
  recoveryMs: 5 * MINUTE,
})

describe('followTrouble', () => {
  it('tells the end once, after nobody had the trouble for a while', () => {
    const cleared = followTrouble(group(), at(120, false))
    expect(cleared).toMatchObject({ group: { clearSince: after(NOON, 120 * MINUTE) }, notices: [] })
    const { group: over, notices } = followTrouble(cleared.group as NoticeGroup, at(125, false))
    expect(over).toBeNull()
    expect(notices).toMatchObject([{ kind: 'recovered', count: 47, lastedMs: 2 * HOUR, isUrgent: false }])
  })

  it('starts over when the trouble comes back meanwhile', () => {
    const back = followTrouble(group({ clearSince: NOON }), at(4, true))
    expect(back).toMatchObject({ group: { clearSince: null }, notices: [] })
    expect(followTrouble(back.group as NoticeGroup, at(8, false)).notices).toEqual([])
  })

  it('tells no end before everything it counts was told', () => {
    expect(followTrouble(group({ clearSince: NOON, held: 3 }), at(30, false))).toMatchObject({
      group: { held: 3 },
      notices: [],
    })
  })

  it('escalates after an hour and after a day, once each, and says so at the end', () => {
    let now = group()
    const told: string[] = []
    for (let minute = 0; minute <= 3000; minute += 10) {
      const { group: next, notices } = followTrouble(now, at(minute, true))
      told.push(...notices.map(({ kind }) => `${kind} at ${minute}`))
      now = next as NoticeGroup
    }
    expect(told).toEqual(['escalated at 60', 'escalated at 1440'])
    const end = followTrouble({ ...now, clearSince: after(NOON, 3000 * MINUTE) }, at(3100, false))
    expect(end.notices).toMatchObject([{ kind: 'recovered', isUrgent: true }])
  })

  it('makes no emergency of a record that a customer never adds', () => {
    expect(followTrouble(group({}, 'DNS_RECORD_MISSING'), at(5000, true)).notices).toEqual([])
  })
})
