import { expect, test } from 'vitest'
import { columnsOf, shownText } from './visible-text.ts'

const shown = (text: string) => shownText(text, { unicode: true })

test.each([
  ['ESC sequences', '\x1b]0;owned\x07', '\\x1b]0;owned\\x07'],
  ['C1 controls, which begin sequences too', '\u009b31mred', '\\x9b31mred'],
  ['line breaks', 'one\r\ntwo', 'one\\x0d\\x0atwo'],
  ['marks of direction', 'abc\u202edcba', 'abc\\u{202e}dcba'],
  ['invisible characters', 'pay\u200bpal\u00ad', 'pay\\u{200b}pal\\xad'],
  ['halves of a pair', 'a\ud83d', 'a\\u{d83d}'],
  ['spaces that are not the space', 'a\u00a0b\u2028c', 'a\\xa0b\\u{2028}c'],
])('%s are spelled out', (_what, text, spelled) => {
  expect(shown(text)).toBe(spelled)
})

test('plain words of any language stay as they are', () => {
  expect(shown('Übergröße, 日本 – “ok” → 5 €')).toBe('Übergröße, 日本 – “ok” → 5 €')
})

test('a long text is cut, and says so', () => {
  expect(shown('a'.repeat(65_000))).toBe(`${'a'.repeat(400)}…`)
})

test('without Unicode, typography becomes ASCII and letters are spelled out', () => {
  expect(shownText('it’s “ü” → … ✂', { unicode: false })).toBe(`it's "\\xfc" -> ... \\u{2702}`)
})

test('East Asian characters take two columns', () => {
  expect(columnsOf('ab日本')).toBe(6)
})
