import { expect, test } from 'vitest'
import { webhookRetryDelay } from './webhook-retry.ts'

const least = () => 0
const most = () => 1

test('grows from seconds to a day, and is given up after the tenth try', () => {
  const delays = Array.from({ length: 10 }, (_, index) => webhookRetryDelay(index + 1, null, least))
  expect(delays.map((ms) => ms && ms / 1000)).toEqual([
    5,
    300,
    1800,
    7200,
    18_000,
    36_000,
    50_400,
    72_000,
    86_400,
    null,
  ])
})

test('is drawn up to a fifth longer', () => {
  expect(webhookRetryDelay(2, null, most)).toBe(360_000)
})

test('is not shorter than what the receiver asks for, who cannot ask for more than a day', () => {
  expect(webhookRetryDelay(1, 60_000, least)).toBe(60_000)
  expect(webhookRetryDelay(2, 1000, least)).toBe(300_000)
  expect(webhookRetryDelay(1, 10 ** 12, least)).toBe(86_400_000)
})
