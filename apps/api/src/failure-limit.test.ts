import { describe, expect, it } from 'vitest'
import { createFailureLimit } from './failure-limit.ts'

function aLimit() {
  let now = 0
  const limit = createFailureLimit(2, 60_000, { now: () => new Date(now) })
  return { limit, pass: (ms: number) => (now += ms) }
}

describe('a limit of failures', () => {
  it('refuses a key that failed too often until its time is over, and no other key', () => {
    const { limit, pass } = aLimit()
    limit.note('a')
    limit.assertBelow('a')
    limit.note('a')
    pass(30_000)
    expect(() => limit.assertBelow('a')).toThrow(
      expect.objectContaining({ code: 'RATE_LIMITED', headers: { 'retry-after': '30' } }),
    )
    limit.assertBelow('b')
    pass(30_000)
    limit.assertBelow('a')
  })

  it('does not count what did not fail after all, and forgets who has shown who he is', () => {
    const { limit } = aLimit()
    limit.note('a')
    limit.note('a')
    limit.takeBack('a')
    limit.assertBelow('a')
    limit.note('a')
    limit.forget('a')
    limit.assertBelow('a')
  })

  it('holds no more keys than it has room for', () => {
    const { limit } = aLimit()
    limit.note('first')
    limit.note('first')
    for (let key = 0; key < 10_000; key += 1) limit.note(String(key))
    limit.assertBelow('first')
  })
})
