import { expect, test } from 'vitest'
import { parseProofRecord, parseToken } from './parse-proof.ts'

const token = 'a1b2c3d4e5'.repeat(4)
const proof = { token, expiresAt: new Date('2026-12-01T00:00:00.000Z') }

test.each([
  ['as it was handed out', `token=${token} expiry=2026-12-01T00:00:00.000Z`],
  ['in the quotation marks of a zone file', `"token=${token} expiry=2026-12-01T00:00:00.000Z"`],
  ['in capitals, which DNS does not tell apart', `token=${token.toUpperCase()} expiry=2026-12-01T00:00:00.000Z`],
])('reads a record %s', (_how, text) => {
  expect(parseProofRecord(text)).toEqual({ ok: true, value: proof })
})

test.each(['', token, `token=${token}`, 'token=short expiry=2026-12-01', `token=${token} expiry=tomorrow`])(
  'says what a record looks like instead of %o',
  (text) => {
    expect(parseProofRecord(text)).toMatchObject({ ok: false, message: expect.stringContaining('token=<40 digits>') })
  },
)

test('reads a token alone, or as it stands in the record', () => {
  expect(parseToken(token)).toEqual({ ok: true, value: { token, expiresAt: null } })
  expect(parseToken(`token=${token}`)).toEqual({ ok: true, value: { token, expiresAt: null } })
})

test('a token that is cut is not a token', () => {
  expect(parseToken(token.slice(1))).toMatchObject({ ok: false, code: 'TOKEN_MALFORMED' })
})
