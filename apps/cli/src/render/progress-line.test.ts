import { expect, test } from 'vitest'
import { progressLine } from './progress-line.ts'

const terminal = { width: 40, columns: 40, unicode: true, colour: false }

function screen(isTTY: boolean) {
  const written: string[] = []
  return { isTTY, written, write: (text: string) => written.push(text) }
}

test('says what is being done, and leaves nothing behind', () => {
  const to = screen(true)
  const progress = progressLine(to, terminal)
  progress.show('asking 192.0.2.1:53')
  progress.clear()
  expect(to.written).toEqual(['\r\x1b[Kasking 192.0.2.1:53 …', '\r\x1b[K'])
})

test('never wraps, so that it can be erased', () => {
  const to = screen(true)
  progressLine(to, terminal).show(`asking ${'a'.repeat(200)}`)
  expect(to.written.join('').replace('\r\x1b[K', '').length).toBeLessThan(terminal.width)
})

test('a name in it cannot command the terminal', () => {
  const to = screen(true)
  progressLine(to, terminal).show('asking ns1.\x1b[2J.example')
  expect(to.written.join('')).toContain('ns1.\\x1b[2J.example')
})

test('is silent when nobody watches', () => {
  const to = screen(false)
  const progress = progressLine(to, terminal)
  progress.show('asking')
  progress.clear()
  expect(to.written).toEqual([])
})
