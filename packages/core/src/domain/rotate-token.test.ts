import { describe, expect, it } from 'vitest'
import { DAY, after } from '../clock.ts'
import type { Verification } from './domain.ts'
import type { Hostname } from './hostname.ts'
import { rotate } from './rotate-token.ts'

const issuedAt = new Date('2026-01-01T00:00:00Z')
const OLD = 'a1'.repeat(20)
const policy = { rotationMs: 90 * DAY, rotationGraceMs: 14 * DAY }
const hostname = 'shop.example.com' as Hostname

const verification: Verification = {
  method: 'txt',
  routing: true,
  token: OLD,
  issuedAt,
  expiresAt: after(issuedAt, 7 * DAY),
  previous: null,
}
const rotateAt = (
  days: number,
  by: 'current' | 'previous',
  facts: Partial<Verification> = {},
  rules: { rotationMs: number | null; rotationGraceMs: number } = policy,
) =>
  rotate({ hostname, verification: { ...verification, ...facts } }, by, {
    now: after(issuedAt, days * DAY),
    policy: rules,
  })
const rotating = (reminders = 0) => ({
  previous: { token: 'b2'.repeat(20), acceptedUntil: after(issuedAt, 14 * DAY), reminders },
})
const UNCHANGED = { verification: null, events: [], because: null }

describe('a token', () => {
  it('is left as it is while it is young', () => expect(rotateAt(89.9, 'current')).toEqual(UNCHANGED))

  it('is replaced at its age, the old one good beside it, and the customer told until when', () => {
    const { verification: next, events, because } = rotateAt(90, 'current')
    expect(next).toMatchObject({
      issuedAt: after(issuedAt, 90 * DAY),
      previous: { token: OLD, acceptedUntil: after(issuedAt, 104 * DAY), reminders: 0 },
    })
    expect(next?.token).toMatch(/^[0-9a-f]{40}$/)
    expect(next?.token).not.toBe(OLD)
    expect(events).toEqual([
      { type: 'ownership.rotation_started', data: { accepted_until: '2026-04-15T00:00:00.000Z' } },
    ])
    expect(because).toMatchObject({ code: 'OWNERSHIP_ROTATING', actor: 'customer' })
    expect(because?.message).toContain('before 2026-04-15T00:00:00.000Z')
  })

  it('is never replaced by its age where the settings say so, or where nothing is kept that could be renewed', () => {
    expect(rotateAt(900, 'current', {}, { ...policy, rotationMs: null })).toEqual(UNCHANGED)
    expect(rotateAt(900, 'current', { method: 'http' })).toEqual(UNCHANGED)
    expect(rotateAt(900, 'current', { method: 'managed' })).toEqual(UNCHANGED)
    expect(rotateAt(90, 'current', { method: 'cname' }).verification).not.toBeNull()
  })
})

describe('a rotation', () => {
  it('ends when the new token is found', () => {
    const { verification: next, events, because } = rotateAt(3, 'current', rotating())
    expect(next).toEqual({ ...verification, previous: null })
    expect([events, because]).toEqual([[{ type: 'ownership.rotated' }], null])
  })

  it.each([
    [6.9, 0, null],
    [7, 0, 1],
    [8, 1, null],
    [11, 1, 2],
    [12, 2, null],
    [13, 2, 3],
    [13.9, 3, null],
    // Nobody looked for a week: one reminder is enough.
    [13.5, 0, 3],
  ])('after %d days with %d reminders sent: reminder %s', (days, sent, reminder) => {
    const { verification: next, events, because } = rotateAt(days, 'previous', rotating(sent))
    expect(because?.code).toBe('OWNERSHIP_ROTATING')
    expect(next?.previous?.reminders ?? null).toBe(reminder)
    expect(next?.token ?? OLD).toBe(OLD)
    expect(events.map(({ type, data }) => [type, data?.['reminder']])).toEqual(
      reminder === null ? [] : [['ownership.rotation_reminder', reminder]],
    )
  })
})
