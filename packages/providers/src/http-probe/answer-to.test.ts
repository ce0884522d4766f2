import { expect, test } from 'vitest'
import { answerTo } from './answer-to.ts'

const tooLate = { kind: 'unreachable' as const, detail: 'no answer within 10 s' }
const about = (code: string, message = '') => answerTo(Object.assign(new Error(message), { code }), tooLate)

test.each(['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'])(
  '%s is about this machine, not about the server',
  (code) => {
    expect(about(code)).toEqual({ kind: 'no_route' })
  },
)

test('a connection that the kernel gave up on is one without an answer', () => {
  expect(about('ETIMEDOUT')).toBe(tooLate)
})

test('an error that nobody thought of is told by its code', () => {
  expect(about('EPERM')).toEqual({ kind: 'unreachable', detail: 'no connection (EPERM)' })
})
