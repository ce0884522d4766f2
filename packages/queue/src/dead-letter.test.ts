import { encodeHint, newDomainId } from '@mooring/core'
import { describe, expect, it } from 'vitest'
import { describeDeadLetter } from './dead-letter.ts'

const refused = { queue: 'mooring.v1.normal', reason: 'rejected' }

describe('a dead letter', () => {
  it('names what is wrong with its body', () => {
    expect(describeDeadLetter(Buffer.from('{'), refused)).toEqual({
      queue: 'mooring.v1.normal',
      code: 'MESSAGE_NOT_JSON',
      detail: 'The message is not JSON.',
      excerpt: '{',
      bytes: 1,
    })
  })

  it("repeats the broker's reason when the body is a good hint", () => {
    const hint = encodeHint({ domainId: newDomainId(), lane: 'normal' })
    const letter = describeDeadLetter(hint, { ...refused, reason: 'delivery_limit' })
    expect(letter).toMatchObject({ code: 'DELIVERY_LIMIT', detail: expect.stringContaining('too often') })
    expect(describeDeadLetter(hint, { ...refused, reason: 'expired' }).detail).toBe('The broker says "expired".')
  })

  it('keeps the first 4 kB of a body of any size, and its true size', () => {
    const letter = describeDeadLetter(Buffer.alloc(5_000_000, 'é'), refused)
    expect(letter.bytes).toBe(5_000_000)
    expect(letter.excerpt).toBe('é'.repeat(2048))
  })

  it('holds only text that a database can store', () => {
    const half = describeDeadLetter(Buffer.from('{"v":1,"\\ud800\\u0000":1}'), refused)
    expect(half.detail.isWellFormed()).toBe(true)
    expect(half.detail).not.toContain('\0')
    const binary = describeDeadLetter(Buffer.from([0, 0xc3, 0x28]), refused)
    expect(binary.excerpt).toBe('\uFFFD\uFFFD(')
  })
})
