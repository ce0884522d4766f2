import { describe, expect, it } from 'vitest'
import { MINUTE, after } from '../clock.ts'
import { reason } from '../reasons.ts'
import { digest, groupFailures, newGroup } from './group-failures.ts'
import { type Failure, type NoticeGroup, topicOf } from './notice-group.ts'

const NOON = new Date('2026-11-21T12:00:00Z')
const windowMs = 10 * MINUTE
const topic = topicOf('DNS_RECORD_MISSING', { tenant: 'acme', ca: null, edge: null })
const failures = (count: number, from = 0): Failure[] =>
  Array.from({ length: count }, (_, index) => ({
    topic,
    domainId: `dom_${from + index}`,
    hostname: `n${from + index}.example.com`,
    reason: reason('DNS_RECORD_MISSING', 'It is not there.'),
  }))

const at = (minutes: number) => ({ now: after(NOON, minutes * MINUTE), windowMs })
const quiet = (): NoticeGroup => newGroup(failures(1)[0] as Failure, NOON)
const open = (held: number): NoticeGroup => ({
  ...quiet(),
  windowUntil: after(NOON, windowMs),
  held,
  domains: held + 1,
})

describe('groupFailures', () => {
  it('tells the first failure at once and counts those that came with it', () => {
    const { group, notices } = groupFailures(quiet(), failures(500), at(0))
    expect(notices).toMatchObject([{ kind: 'first', count: 1, sample: { hostname: 'n0.example.com' } }])
    expect(group).toMatchObject({
      held: 499,
      domains: 500,
      windowUntil: after(NOON, windowMs),
      sample: { hostname: 'n499.example.com' },
    })
  })

  it('only counts while the window is open', () => {
    const { group, notices } = groupFailures(open(3), failures(2, 10), at(9.9))
    expect(notices).toEqual([])
    expect(group).toMatchObject({ held: 5, domains: 6, sample: { hostname: 'n11.example.com' } })
  })

  it('sends one digest when the window ends, and opens a new one', () => {
    const { group, notices } = groupFailures(open(499), [], at(10))
    expect(notices).toMatchObject([{ kind: 'digest', count: 499, lastedMs: windowMs }])
    expect(group).toMatchObject({ held: 0, windowUntil: after(NOON, 2 * windowMs) })
  })

  it('takes what arrives with the end of the window into the digest', () => {
    expect(groupFailures(open(1), failures(2), at(10)).notices).toMatchObject([{ kind: 'digest', count: 3 }])
  })

  it('says how long a digest really gathered when it is late', () => {
    expect(groupFailures(open(1), [], at(70)).notices).toMatchObject([{ lastedMs: 70 * MINUTE }])
  })

  it('stays as it is when a window ends quietly, and tells the next failure at once', () => {
    expect(groupFailures(open(0), [], at(10))).toEqual({ group: open(0), notices: [] })
    expect(groupFailures(open(0), failures(1), at(11)).notices).toMatchObject([{ kind: 'first', count: 1 }])
  })

  it('sends one message per window while the trouble grows, and loses no failure', () => {
    let group = quiet()
    let told = 0
    let messages = 0
    for (let minute = 0; minute <= 60; minute += 1) {
      const decided = groupFailures(group, minute <= 45 ? failures(7, minute * 7) : [], at(minute))
      group = decided.group
      messages += decided.notices.length
      told += decided.notices.reduce((sum, notice) => sum + notice.count, 0)
    }
    expect({ told, messages, held: group.held }).toEqual({ told: 46 * 7, messages: 6, held: 0 })
  })
})

describe('digest', () => {
  it('tells what is counted before the window ends, once', () => {
    const { group, notices } = digest(open(19), at(2))
    expect(notices).toMatchObject([{ count: 19, lastedMs: 2 * MINUTE }])
    expect(digest(group, at(2)).notices).toEqual([])
  })
})

describe('topicOf', () => {
  const place = { tenant: 'acme', ca: 'letsencrypt', edge: 'edge-a' }
  it.each([
    ['DNS_RECORD_MISSING', 'DNS_RECORD_MISSING tenant:acme'],
    ['CA_UNAVAILABLE', 'CA_UNAVAILABLE ca:letsencrypt'],
    ['EDGE_REJECTED_CONFIG', 'EDGE_REJECTED_CONFIG edge:edge-a'],
    ['A_NEWER_CODE', 'A_NEWER_CODE tenant:acme'],
  ])('groups %s as %s', (code, key) => {
    expect(topicOf(code, place).key).toBe(key)
  })

  it('groups by the code alone when nobody knows more', () => {
    expect(topicOf('CA_UNAVAILABLE', { ...place, ca: null }).key).toBe('CA_UNAVAILABLE')
  })
})
