import { expect, it } from 'vitest'
import { HOUR } from '../clock.ts'
import { LETS_ENCRYPT, limitsOf } from './limits.ts'
import { parseLimits } from './parse-limits.ts'

it('takes so many in a time', () => {
  expect(parseLimits('new_orders=300/3h, failed_validations=5/1h')).toEqual({
    ok: true,
    value: {
      new_orders: { burst: 300, refillMs: 36_000 },
      failed_validations: { burst: 5, refillMs: HOUR / 5 },
    },
  })
})

it.each([
  '',
  'orders=3/1h',
  'new_orders=0/1h',
  'new_orders=3/0h',
  'new_orders=3',
  'new_orders=3/1w',
  'new_orders=-1/1h',
])('refuses "%s", and says what would do', (text) => {
  expect(parseLimits(text)).toMatchObject({ ok: false, code: 'LIMIT_INVALID' })
})

it('knows Let’s Encrypt by its directory, and takes an operator’s word before its own', () => {
  const granted = { new_orders: { burst: 3000, refillMs: 1000 } }
  const directory = 'https://acme-v02.api.letsencrypt.org/directory'
  expect(limitsOf(directory)).toEqual(LETS_ENCRYPT)
  expect(limitsOf(directory, granted)).toEqual({ ...LETS_ENCRYPT, ...granted })
  expect(limitsOf('https://letsencrypt.org.example.com/directory')).toEqual({})
})
