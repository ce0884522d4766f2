import { expect, it } from 'vitest'
import { createConcurrencyLimit } from './concurrency-limit.ts'

it('refuses work of a key beyond the limit, not of another, and takes more when some has ended', async () => {
  const limit = createConcurrencyLimit(2, 5)
  const gate = Promise.withResolvers<string>()
  const running = [limit('a', () => gate.promise), limit('a', () => gate.promise)]
  await expect(limit('a', async () => 'more')).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    headers: { 'retry-after': '5' },
  })
  expect(await limit('b', async () => 'other')).toBe('other')
  gate.resolve('done')
  expect(await Promise.all(running)).toEqual(['done', 'done'])
  expect(await limit('a', async () => 'more')).toBe('more')
})

it('counts work that failed as ended', async () => {
  const limit = createConcurrencyLimit(1, 5)
  await expect(limit('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await limit('a', async () => 'again')).toBe('again')
})
