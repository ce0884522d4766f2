import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import type { Hostname } from '../domain/hostname.ts'
import {
  type BucketState,
  UNTOUCHED,
  asksBesides,
  blockedBy,
  counted,
  decideAdmission,
  failedOnce,
  reasonOfRefusal,
  released,
  reservationsOf,
  spent,
  succeeded,
  unblocked,
} from './admission.ts'
import { tokensLeft } from './gcra.ts'
import { type BucketName, LETS_ENCRYPT, type LimitAsk, type Limits, type OrderKind, asksOf } from './limits.ts'

const NOW = Date.UTC(2026, 10, 21)
const hostname = 'shop.example.com' as Hostname
const asksAs = (kind: OrderKind, limits: Limits = LETS_ENCRYPT) => asksOf({ account: 'acme', hostname, kind }, limits)

/** The asks with what is in their buckets, untouched unless said otherwise. */
const asked = (asks: readonly LimitAsk[], states: Partial<Record<BucketName, Partial<BucketState>>> = {}) =>
  asks.map((ask) => ({ ...ask, state: { ...UNTOUCHED, ...states[ask.bucket] } }))
const stateOf = (states: BucketState[], bucket: BucketName) =>
  states[asksAs('new').findIndex((ask) => ask.bucket === bucket)] ?? UNTOUCHED

describe('an order', () => {
  test('takes its token at once, and has those reserved that the authority takes at issuance', () => {
    const { admission, states } = decideAdmission(asked(asksAs('new')), NOW)
    expect(admission).toEqual({ kind: 'admitted' })
    expect(stateOf(states, 'new_orders')).toEqual({ ...UNTOUCHED, tat: NOW + 36_000 })
    expect(stateOf(states, 'certificates_of_domain')).toEqual({ ...UNTOUCHED, reserved: 1 })
    expect(stateOf(states, 'exact_set')).toEqual({ ...UNTOUCHED, reserved: 1 })
    expect(stateOf(states, 'failed_validations')).toEqual(UNTOUCHED)
  })

  test('takes nothing when one token of all is missing, and says when that one is there', () => {
    const full = { exact_set: { reserved: 3 } }
    const { admission, states } = decideAdmission(asked(asksAs('new'), full), NOW)
    const until = NOW + (7 * DAY) / 5
    expect(admission).toEqual({ kind: 'budget', bucket: 'exact_set', key: hostname, until })
    expect(stateOf(states, 'new_orders')).toEqual(UNTOUCHED)
    expect(stateOf(states, 'exact_set')).toEqual({ ...UNTOUCHED, reserved: 3, line: until })
  })

  test('passes as a renewal where a launch has to stop', () => {
    const threeTaken = { exact_set: { tat: NOW + (3 * 7 * DAY) / 5 } }
    expect(decideAdmission(asked(asksAs('new'), threeTaken), NOW).admission.kind).toBe('budget')
    expect(decideAdmission(asked(asksAs('renewal'), threeTaken), NOW).admission.kind).toBe('admitted')
  })

  test('waits in a line: each is told a later turn, one refill after the other', () => {
    const limits: Limits = { new_orders: { burst: 10, refillMs: 1000 } }
    let states = asked(asksAs('new', limits), { new_orders: { tat: NOW + 10_000 } }).map(({ state }) => state)
    const turns = Array.from({ length: 1000 }, () => {
      const decided = decideAdmission(
        asksAs('new', limits).map((ask, place) => ({ ...ask, state: states[place] ?? UNTOUCHED })),
        NOW,
      )
      states = decided.states
      return decided.admission.kind === 'budget' ? decided.admission.until : 0
    })
    expect(turns).toEqual(turns.map((_, place) => NOW + 4000 + place * 1000))
  })

  test('is given no turn in years to come: a line that long begins again', () => {
    const limits: Limits = { certificates_of_domain: { burst: 1, refillMs: 100 * DAY } }
    let state: BucketState = { ...UNTOUCHED, tat: NOW + 100 * DAY }
    const turns = Array.from({ length: 6 }, () => {
      const { admission, states } = decideAdmission(
        asked(asksAs('new', limits), { certificates_of_domain: state }),
        NOW,
      )
      state = stateOf(states, 'certificates_of_domain')
      return admission.kind === 'budget' ? (admission.until - NOW) / DAY : null
    })
    expect(turns).toEqual([100, 200, 300, 400, 100, 200])
  })

  test('is kept away until the latest moment that anybody named', () => {
    const { admission, states } = decideAdmission(
      asked(asksAs('ari'), {
        new_orders: { blockedUntil: NOW + MINUTE },
        failed_validations: { blockedUntil: NOW + HOUR },
      }),
      NOW,
    )
    expect(admission).toEqual({ kind: 'blocked', bucket: 'failed_validations', key: hostname, until: NOW + HOUR })
    expect(stateOf(states, 'new_orders')).toEqual({ ...UNTOUCHED, blockedUntil: NOW + MINUTE })
  })

  test('is not placed for a name that the authority paused, whatever else there is to wait for', () => {
    const paused = { failed_validations: { unpauseUrl: 'https://ca.example/unpause', blockedUntil: NOW + HOUR } }
    expect(decideAdmission(asked(asksAs('ari'), paused), NOW).admission).toMatchObject({ kind: 'paused' })
  })

  test('is admitted when the time that was named has come', () => {
    fc.assert(
      fc.property(
        fc.record({ burst: fc.integer({ min: 1, max: 50 }), refillMs: fc.integer({ min: 1, max: HOUR }) }),
        fc.nat(60),
        fc.nat(DAY),
        (limit, takes, later) => {
          const limits = { new_orders: limit }
          const before = asked(asksAs('new', limits), { new_orders: { tat: NOW + takes * limit.refillMs } })
          const { admission, states } = decideAdmission(before, NOW + later)
          if (admission.kind !== 'budget') return
          const after = before.map((one, place) => ({ ...one, state: states[place] ?? UNTOUCHED }))
          expect(decideAdmission(after, admission.until).admission.kind).toBe('admitted')
        },
      ),
    )
  })
})

describe('a reservation', () => {
  const asks = asksAs('new')

  test('is stored with the order, of what is taken at issuance and limited', () => {
    expect(reservationsOf(asks).map(({ bucket }) => bucket)).toEqual(['certificates_of_domain', 'exact_set'])
    expect(reservationsOf(asksAs('ari'))).toEqual([])
    expect(reservationsOf(asksAs('new', {}))).toEqual([])
  })

  test('is not made twice for one certificate, whose next order takes its own token all the same', () => {
    const again = asksBesides(asks, reservationsOf(asks))
    expect(reservationsOf(again)).toEqual([])
    const { admission, states } = decideAdmission(asked(again, { exact_set: { reserved: 5 } }), NOW)
    expect(admission.kind).toBe('admitted')
    expect(stateOf(states, 'exact_set').reserved).toBe(5)
    expect(stateOf(states, 'new_orders').tat).toBe(NOW + 36_000)
    expect(asksBesides(asks, null)).toEqual(asks)
  })

  test('that is there already does not open what the authority closed', () => {
    const again = asked(asksBesides(asks, reservationsOf(asks)), { exact_set: { blockedUntil: NOW + 1 } })
    expect(decideAdmission(again, NOW).admission.kind).toBe('blocked')
  })

  test('becomes a token taken, and a token given back when nothing was issued', () => {
    const limit = { burst: 5, refillMs: 1000 }
    const held: BucketState = { ...UNTOUCHED, tat: NOW + 500, reserved: 2 }
    const issued = spent(held, { bucket: 'exact_set', key: hostname, refillMs: 1000 }, NOW)
    expect(issued).toEqual({ ...held, reserved: 1, tat: NOW + 1500 })
    expect(tokensLeft(issued, limit, 5, NOW)).toBe(tokensLeft(held, limit, 5, NOW))
    expect(tokensLeft(released(held), limit, 5, NOW)).toBe(tokensLeft(held, limit, 5, NOW) + 1)
    expect(released(UNTOUCHED)).toEqual(UNTOUCHED)
  })
})

test('however launches, renewals, issuance and failure come about, no more is taken than the share of each', () => {
  const limits: Limits = { exact_set: { burst: 10, refillMs: 1000 } }
  const deed = fc.oneof(
    fc.record({ kind: fc.constantFrom<OrderKind>('new', 'renewal') }),
    fc.record({ kind: fc.constantFrom('issued', 'given up') }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(deed, fc.nat(300)), { maxLength: 200 }), (deeds) => {
      let state = UNTOUCHED
      let now = NOW
      for (const [{ kind }, pause] of deeds) {
        now += pause
        if (kind === 'new' || kind === 'renewal') {
          const order = asked(asksAs(kind, limits), { exact_set: state })
          const { admission, states } = decideAdmission(order, now)
          state = stateOf(states, 'exact_set')
          const share = kind === 'new' ? 7 : 8
          if (admission.kind === 'admitted') {
            expect(tokensLeft(state, { burst: 10, refillMs: 1000 }, share, now)).toBeGreaterThanOrEqual(0)
          }
        } else if (state.reserved > 0) {
          state =
            kind === 'issued'
              ? spent(state, { bucket: 'exact_set', key: hostname, refillMs: 1000 }, now)
              : released(state)
        }
        expect(tokensLeft(state, { burst: 10, refillMs: 1000 }, 10, now)).toBeGreaterThanOrEqual(2)
      }
    }),
  )
})

describe('what the authority says', () => {
  test('counts: an order that was to be exempt has cost a token', () => {
    const [, , exactSet, failures] = asked(asksAs('renewal'))
    expect(exactSet && counted(exactSet, NOW).tat).toBe(NOW + (7 * DAY) / 5)
    expect(failures && counted(failures, NOW)).toEqual(UNTOUCHED)
  })

  test('is never taken back by an earlier word, and lasts until somebody says otherwise', () => {
    const blocked = blockedBy(blockedBy(UNTOUCHED, { until: new Date(NOW + HOUR) }), { until: new Date(NOW) })
    expect(blocked.blockedUntil).toBe(NOW + HOUR)
    const paused = blockedBy(failedOnce(blocked, null, NOW), { unpauseUrl: 'https://ca.example/unpause' })
    expect(unblocked(paused)).toEqual({ ...UNTOUCHED, failures: 1 })
  })

  test('is forgotten once a certificate was issued, but for the tokens that it took', () => {
    const limit = LETS_ENCRYPT.failed_validations ?? null
    const failed = failedOnce(failedOnce(UNTOUCHED, limit, NOW), limit, NOW)
    expect(failed).toMatchObject({ failures: 2, blockedUntil: NOW + 10 * MINUTE, tat: NOW + 24 * MINUTE })
    expect(succeeded(failed)).toEqual({ ...UNTOUCHED, tat: failed.tat })
  })
})

test('a refusal says what is used up, at whom, and when it goes on', () => {
  const until = NOW + HOUR
  const refused = { bucket: 'new_orders', key: 'acme', until } as const
  expect(reasonOfRefusal({ ...refused, kind: 'budget' }, 'acme')).toMatchObject({
    code: 'RATE_LIMIT_BUDGET',
    message: expect.stringContaining('2026-11-21T01:00:00.000Z'),
  })
  expect(reasonOfRefusal({ ...refused, kind: 'blocked' }, 'acme').code).toBe('CA_RATE_LIMITED')
  const paused = {
    kind: 'paused',
    bucket: 'failed_validations',
    key: hostname,
    unpauseUrl: 'https://ca.example/u',
  } as const
  expect(reasonOfRefusal(paused, 'acme')).toMatchObject({
    code: 'CA_PAUSED',
    message: expect.stringContaining('https://ca.example/u'),
  })
})
