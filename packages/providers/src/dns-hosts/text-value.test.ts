import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quoteText, unquoteText } from './text-value.ts'

describe('quoteText', () => {
  it('puts a value into quotes, and escapes quotes and backslashes inside', () => {
    expect(quoteText('token=1 expiry=2', 10)).toBe('"token=1 expiry=2"')
    expect(quoteText(String.raw`say "a\b"`, 10)).toBe(String.raw`"say \"a\\b\""`)
    expect(quoteText('', 10)).toBe('""')
  })

  it('cuts a long value into strings of at most 255 bytes', () => {
    expect(quoteText('a'.repeat(600), 8)).toBe(`"${'a'.repeat(255)}" "${'a'.repeat(255)}" "${'a'.repeat(90)}"`)
  })

  it('writes other bytes in decimal, or in octal for Route 53', () => {
    expect(quoteText('é', 10)).toBe(String.raw`"\195\169"`)
    expect(quoteText('é', 8)).toBe(String.raw`"\303\251"`)
  })
})

describe('unquoteText', () => {
  it('undoes what quoteText does, whatever the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 600 }), fc.constantFrom(8, 10), (value, base) => {
        expect(unquoteText(quoteText(value, base), base)).toBe(value)
      }),
    )
  })

  it('joins strings however they are set apart', () => {
    expect(unquoteText('"a" "b"', 10)).toBe('ab')
    expect(unquoteText('"a""b"', 8)).toBe('ab')
  })

  it('takes text without quotes, or with stray ones, as it is', () => {
    expect(unquoteText('v=spf1 -all', 10)).toBe('v=spf1 -all')
    expect(unquoteText('say "hi"', 10)).toBe('say "hi"')
    expect(unquoteText('"unfinished', 10)).toBe('"unfinished')
  })
})
