import { describe, expect, test } from 'vitest'
import { DAY, HOUR, MINUTE, after } from '../clock.ts'
import type { Hostname } from '../domain/hostname.ts'
import {
  LETS_ENCRYPT,
  type OrderKind,
  afterFailureMs,
  asksOf,
  limitsOf,
  orderKindOf,
  registeredDomain,
} from './limits.ts'

const hostname = 'shop.example.co.uk' as Hostname
const asks = (kind: OrderKind) => asksOf({ account: 'acme/2', hostname, kind }, LETS_ENCRYPT)

describe('what is known of an authority', () => {
  test('is known of Let’s Encrypt, of production and staging, and of nobody else', () => {
    expect(limitsOf('https://acme-v02.api.letsencrypt.org/directory')).toEqual(LETS_ENCRYPT)
    expect(limitsOf('https://acme-staging-v02.api.letsencrypt.org/directory')).toEqual(LETS_ENCRYPT)
    expect(limitsOf('https://api.letsencrypt.org.evil.example/directory')).toEqual({})
    expect(limitsOf('https://ca.example/directory')).toEqual({})
  })

  test('gives way to what an operator was granted', () => {
    const granted = { new_orders: { burst: 3000, refillMs: 3600 } }
    expect(limitsOf('https://acme-v02.api.letsencrypt.org/directory', granted)).toEqual({ ...LETS_ENCRYPT, ...granted })
  })

  test('is whole milliseconds', () => {
    for (const { refillMs } of Object.values(LETS_ENCRYPT)) expect(Number.isInteger(refillMs)).toBe(true)
  })
})

describe('what an order asks', () => {
  test('is a token of the account, the registered domain and the name', () => {
    expect(asks('new').map(({ bucket, key, spends }) => [bucket, key, spends])).toEqual([
      ['new_orders', 'acme/2', 'at_order'],
      ['certificates_of_domain', 'example.co.uk', 'at_issuance'],
      ['exact_set', hostname, 'at_issuance'],
      ['failed_validations', hostname, 'at_failure'],
    ])
  })

  test('is less for a renewal, and nothing but the ledger of failures for one that the authority asked for', () => {
    const limited = (kind: OrderKind) => asks(kind).flatMap(({ bucket, limit }) => (limit === null ? [] : [bucket]))
    expect(limited('renewal')).toEqual(['exact_set', 'failed_validations'])
    expect(limited('ari')).toEqual(['failed_validations'])
  })

  test('leaves a fifth alone, and more when it is a launch', () => {
    const capacity = (kind: OrderKind) => asks(kind).map((ask) => ask.capacity)
    expect(capacity('new')).toEqual([210, 35, 3, 3])
    expect(capacity('renewal')).toEqual([0, 0, 4, 4])
  })

  test('is never less than one token, however small the limit', () => {
    const one = asksOf({ account: 'acme', hostname, kind: 'new' }, { new_orders: { burst: 1, refillMs: HOUR } })
    expect(one[0]).toMatchObject({ capacity: 1 })
  })
})

test.each([
  ['shop.example.co.uk', 'example.co.uk'],
  ['*.shop.example.com', 'example.com'],
  ['me.github.io', 'me.github.io'],
])('%s counts for %s', (name, domain) => {
  expect(registeredDomain(name as Hostname)).toBe(domain)
})

test('a name fails three times within an hour at most, and once a day from the fourth on', () => {
  const failedAt = [0]
  for (let failures = 1; failures < 8; failures++) failedAt.push((failedAt.at(-1) ?? 0) + afterFailureMs(failures))
  for (const from of failedAt) {
    expect(failedAt.filter((at) => at >= from && at < from + HOUR).length).toBeLessThanOrEqual(3)
  }
  expect(failedAt.slice(0, 4)).toEqual([0, 1 * MINUTE, 11 * MINUTE, 111 * MINUTE])
  expect((failedAt[5] ?? 0) - (failedAt[4] ?? 0)).toBe(DAY)
})

describe('how a renewal counts', () => {
  const now = new Date('2026-06-01T00:00:00Z')
  const window = { start: after(now, -DAY), end: after(now, DAY) }
  const from = 'same_account'
  const notBefore = after(now, -60 * DAY)

  test.each<[string, OrderKind, Parameters<typeof orderKindOf>[0]]>([
    ['as new where there was nothing', 'new', null],
    ['not at all inside its window', 'ari', { from, notBefore, window }],
    ['as a renewal after it', 'renewal', { from, notBefore, window: { ...window, end: now } }],
    ['as a renewal before it', 'renewal', { from, notBefore, window: { ...window, start: after(now, 1) } }],
    ['as a renewal through another account', 'renewal', { from: 'same_authority', notBefore, window }],
    ['as new at another authority', 'renewal_anew', { from: 'elsewhere', notBefore, window }],
    ['as new after 120 days', 'renewal_anew', { from, notBefore: after(now, -120 * DAY), window: null }],
  ])('%s', (_, kind, replaced) => {
    expect(orderKindOf(replaced, now)).toBe(kind)
  })
})
