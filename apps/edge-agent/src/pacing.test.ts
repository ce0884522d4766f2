import { describe, expect, it } from 'vitest'
import { dueAt } from './pacing.ts'

describe('pacing', () => {
  const last = { endedAt: 10_000, durationMs: 200 }

  it('applies the first change and any change after quiet at once', () => {
    expect(dueAt({ since: 5, isUrgent: false }, null)).toBe(5)
    expect(dueAt({ since: 11_001, isUrgent: false }, last)).toBe(11_001)
  })

  it('leaves half the last apply’s duration between applies that follow each other', () => {
    expect(dueAt({ since: 9_900, isUrgent: true }, last)).toBe(10_100)
  })

  it('applies an urgent change at once when the pause is over', () => {
    expect(dueAt({ since: 10_400, isUrgent: true }, last)).toBe(10_400)
  })

  it('lets a lone HTTP name wait 250 ms for company', () => {
    expect(dueAt({ since: 10_400, isUrgent: false }, last)).toBe(10_650)
  })
})
