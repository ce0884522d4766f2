import { describe, expect, it } from 'vitest'
import { dueAt } from './pacing.ts'

describe('pacing', () => {
  const last = { endedAt: 10_000, durationMs: 200 }

  it('applies the first change and any change after quiet at once', () => {
    expect(dueAt({ since: 5, newest: 5, isUrgent: false }, null)).toBe(5)
    expect(dueAt({ since: 11_001, newest: 11_001, isUrgent: false }, last)).toBe(11_001)
  })

  it('leaves as long as the last apply took between applies while changes keep coming', () => {
    expect(dueAt({ since: 9_900, newest: 10_150, isUrgent: true }, last)).toBe(10_200)
  })

  it('cuts that short when nothing came for a while: the burst is over', () => {
    const long = { endedAt: 10_000, durationMs: 2_000 }
    expect(dueAt({ since: 9_900, newest: 10_150, isUrgent: true }, long)).toBe(10_350)
    expect(dueAt({ since: 8_900, newest: 9_000, isUrgent: true }, long)).toBe(10_000)
  })

  it('applies an urgent change at once when the pause is over', () => {
    expect(dueAt({ since: 10_400, newest: 10_400, isUrgent: true }, last)).toBe(10_400)
  })

  it('lets a lone HTTP name wait 250 ms for company', () => {
    expect(dueAt({ since: 10_400, newest: 10_400, isUrgent: false }, last)).toBe(10_650)
  })
})
