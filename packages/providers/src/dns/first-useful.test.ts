import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { firstUseful } from './first-useful.ts'

const isUseful = (answer: string) => answer !== 'lame'

/** Servers by what they say; `silent` ones never answer. */
const asked =
  (says: Record<string, string>, seen: string[] = []) =>
  (server: string) => {
    seen.push(server)
    return says[server] === 'silent' ? new Promise<string>(() => {}) : Promise.resolve(says[server] ?? '')
  }

test('no more servers are asked than it takes', async () => {
  const seen: string[] = []
  const ask = asked({ a: 'lame', b: 'right', c: 'right' }, seen)
  expect(await firstUseful(['a', 'b', 'c'], ask, isUseful)).toBe('right')
  expect(seen).toEqual(['a', 'b'])
})

test('a silent server does not keep the next one waiting', async () => {
  const ask = asked({ a: 'silent', b: 'silent', c: 'right' })
  expect(await firstUseful(['a', 'b', 'c'], ask, isUseful)).toBe('right')
})

test('the answer of a slow server counts when the others’ are of no use', async () => {
  const ask = (server: string) => (server === 'slow' ? delay(300, 'right') : Promise.resolve('lame'))
  expect(await firstUseful(['slow', 'lame'], ask, isUseful)).toBe('right')
})

test('there is no answer where none is of use, nor where there are no servers', async () => {
  expect(await firstUseful(['a', 'b'], asked({ a: 'lame', b: 'lame' }), isUseful)).toBeNull()
  expect(await firstUseful([], asked({}), isUseful)).toBeNull()
})
