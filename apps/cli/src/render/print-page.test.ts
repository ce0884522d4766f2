import { describe, expect, test } from 'vitest'
import { blank, copy, line, piece } from './page.ts'
import { printPage } from './print-page.ts'

const plain = { width: 40, columns: 40, unicode: true, colour: false }

describe('prose', () => {
  test('is wrapped between words and keeps its margin', () => {
    const page = [
      line([piece('1. '), piece('Remove the AAAA record of the name: it leads elsewhere.')], { hanging: 3 }),
    ]
    expect(printPage(page, plain)).toBe('1. Remove the AAAA record of the name:\n   it leads elsewhere.\n')
  })

  test('breaks a word that is longer than a line, and nothing passes the last column', () => {
    const page = [line([piece('x'.repeat(100))], { indent: 4 })]
    const rows = printPage(page, plain).trimEnd().split('\n')
    expect(rows.map((row) => row.length)).toEqual([40, 40, 32])
  })

  test('has no spaces at the ends of lines', () => {
    const page = [line([piece('a '.repeat(200))]), blank]
    expect(printPage(page, plain)).not.toMatch(/ \n/)
  })
})

describe('a value to copy', () => {
  const token = `token=${'0123456789'.repeat(4)} expiry=2026-12-01T00:00:00.000Z`

  test('stands beside its label when there is room', () => {
    expect(printPage([copy('Type', 'TXT')], plain)).toBe('Type    TXT\n')
  })

  test('gets a line to itself, unbroken and without a margin, when there is none', () => {
    expect(printPage([copy('Value', token, { indent: 3 })], plain)).toBe(`   Value\n${token}\n`)
  })
})

describe('what others wrote', () => {
  const hostile = '\x1b[2J\x1b]8;;http://evil.example\x07here\x1b]8;;\x07\n\u202e'

  test.each([
    ['prose', line([piece(hostile, 'bad')])],
    ['a value to copy', copy('Value', hostile)],
    ['a label', copy(hostile, 'value')],
  ])('cannot command the terminal from %s', (_where, block) => {
    const text = printPage([block], { ...plain, colour: true })
    const withoutOurs = ['[1m', '[22m', '[31m', '[39m'].reduce((rest, code) => rest.replaceAll(`\x1b${code}`, ''), text)
    expect(withoutOurs.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})

test('without colour there is no escape sequence at all', () => {
  const page = [line([piece('bad', 'bad'), piece('good', 'good')]), copy('Value', 'x')]
  expect(printPage(page, plain)).not.toContain('\x1b')
})

test('a terminal without Unicode is given ASCII', () => {
  const text = printPage([line([piece('it’s “fine” …')]), copy('Value', 'ü')], { ...plain, unicode: false })
  expect(text).toBe('it\'s "fine" ...\nValue   \\xfc\n')
})
