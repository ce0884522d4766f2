import {
  DAY,
  type Domain,
  HOUR,
  type Outcome,
  after,
  decide,
  done,
  doneTo,
  failed,
  reason,
  rest,
  retry,
  stepNamed,
  wait,
} from '@mooring/core'
import { describe, expect, it } from 'vitest'
import { aDomain } from './builders/domain.ts'
import { POLICY } from './builders/policy.ts'

const now = new Date('2026-01-01T12:00:00Z')
const policy = POLICY
const soon = after(now, HOUR)
const later = after(now, 10 * HOUR)
const because = reason('CA_UNAVAILABLE', 'The authority is away.')
const lost = reason('OWNERSHIP_LOST', 'The record is gone.')

function decided(name: string, outcome: Outcome, clocks: Partial<Domain> = {}) {
  const at = stepNamed(name) ?? expect.fail(`no step ${name}`)
  const domain = aDomain({ state: at.from, step: at.name, attempt: 9, reverifyAt: later, renewAt: null, ...clocks })
  return decide(domain, at, outcome, { clock: { now: () => now }, policy, random: () => 0 })
}

describe('an active domain', () => {
  it('rests until its next proof, or until there is something to do for its certificate', () => {
    expect(decided('confirm_change', done(), { renewAt: null })).toMatchObject({ due: later, lane: null })
    expect(decided('confirm_change', done(), { renewAt: after(later, 1) })).toMatchObject({ due: later, lane: null })
    expect(decided('confirm_change', done(), { renewAt: soon })).toMatchObject({ due: soon, lane: 'renewal' })
  })

  it('keeps the moment of its next proof over a renewal', () => {
    const renewed = rest({ renewal: { at: after(now, 60 * DAY), attempt: 0, because: null } })
    expect(decided('confirm_renewal', renewed, { renewAt: soon, renewalReason: because })).toMatchObject({
      next: { state: 'active', step: 'reverify' },
      due: later,
      reverifyAt: later,
      reason: null,
      renewal: { at: after(now, 60 * DAY), because: null },
    })
  })

  it('is due for a proof a day or so after the one before', () => {
    const { due, reverifyAt } = decided('reverify', done(), { renewAt: after(now, 60 * DAY) })
    expect(due).toEqual(reverifyAt)
    expect((reverifyAt as Date).getTime() - now.getTime()).toBeLessThanOrEqual(DAY + HOUR)
    expect(decided('reverify', wait(soon, lost))).toMatchObject({ due: soon, reverifyAt: soon, reason: lost })
  })

  it('goes on with its renewal at once when that clock comes round', () => {
    expect(decided('reverify', doneTo('plan_renewal'), { renewAt: now })).toMatchObject({
      due: 'now',
      next: { step: 'plan_renewal' },
      renewal: null,
    })
  })
})

describe('a renewal that is held up', () => {
  it('is shown, comes back at its time, and holds up nothing else', () => {
    expect(decided('validate_renewal', wait(soon, because))).toMatchObject({
      next: { state: 'active', step: 'reverify' },
      due: soon,
      lane: 'renewal',
      reverifyAt: later,
      reason: because,
      renewal: { at: soon, attempt: 0, because },
    })
    expect(decided('validate_renewal', wait(after(later, HOUR), because))).toMatchObject({
      due: later,
      renewal: { at: after(later, HOUR) },
    })
  })

  it('backs off by its own count, and is tried for ever', () => {
    const first = decided('order_renewal', retry(because))
    expect(first).toMatchObject({ renewal: { attempt: 1, at: after(now, 2500) }, next: { state: 'active' } })
    const hundredth = decided('order_renewal', retry(because), { renewalAttempt: 99 })
    expect(hundredth).toMatchObject({ renewal: { attempt: 100, at: after(now, HOUR / 2) }, next: { state: 'active' } })
  })

  it('never fails a domain that is served', () => {
    expect(decided('order_renewal', failed(because))).toMatchObject({
      next: { state: 'active', step: 'reverify' },
      due: later,
      reason: because,
      renewal: { at: null, because },
    })
  })

  it('is still shown after a proof, which has a word of its own when it is lost', () => {
    const heldUp = { renewAt: after(now, 3 * DAY), renewalReason: because }
    expect(decided('reverify', done(), heldUp).reason).toEqual(because)
    expect(decided('reverify', wait(soon, lost), heldUp).reason).toEqual(lost)
  })

  it('waits for edges where their report finds it', () => {
    const pending = reason('EDGE_PENDING', 'Waiting.')
    expect(decided('confirm_renewal', wait(soon, pending))).toMatchObject({
      next: { state: 'active', step: 'confirm_renewal' },
      due: soon,
      renewal: null,
    })
  })
})
