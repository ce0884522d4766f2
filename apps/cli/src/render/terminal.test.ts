import { expect, test } from 'vitest'
import { describeTerminal } from './terminal.ts'

const window = { isTTY: true, columns: 120 }
const coloured = { color: true }

test('a terminal gets colour, and lines that the eye can follow', () => {
  expect(describeTerminal(window, { LANG: 'de_DE.UTF-8' }, coloured)).toEqual({
    width: 100,
    columns: 120,
    unicode: true,
    colour: true,
  })
})

test.each([
  ['NO_COLOR is set', window, { NO_COLOR: '1' }, coloured],
  ['the terminal is dumb', window, { TERM: 'dumb' }, coloured],
  ['--no-color is given', window, {}, { color: false }],
  ['it is no terminal', { isTTY: false }, {}, coloured],
])('no colour when %s', (_when, stream, env, options) => {
  expect(describeTerminal(stream, env, options).colour).toBe(false)
})

test('what is piped onwards is 80 columns wide', () => {
  expect(describeTerminal({}, {}, coloured).width).toBe(80)
})

test.each([
  [{ LANG: 'C' }, false],
  [{}, false],
  [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, false],
  [{ LANG: 'C.utf8', LC_ALL: '' }, true],
])('the locale %o decides about Unicode', (env, unicode) => {
  expect(describeTerminal(window, env, coloured).unicode).toBe(unicode)
})
