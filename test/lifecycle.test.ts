import {
  CaProblem,
  DAY,
  HOUR,
  LAUNCH,
  MINUTE,
  STATES,
  STEPS,
  STEP_NAMES,
  afterDone,
  decide,
  done,
  doneTo,
  failed,
  nextLook,
  nextRetry,
  nextReverification,
  outcomeOf,
  reason,
  retry,
  retryWithNewOrder,
  stepNamed,
  wait,
} from '@mooring/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aDomain } from './builders/domain.ts'
import { POLICY } from './builders/policy.ts'

const now = new Date('2026-01-01T12:00:00Z')
const clock = { now: () => now }
const policy = POLICY
const step = (name: string) => stepNamed(name) ?? expect.fail(`no step ${name}`)
const decided = (name: string, attempt: number, outcome: Parameters<typeof decide>[2]) => {
  const at = step(name)
  return decide(aDomain({ state: at.from, step: at.name, attempt }), at, outcome, { clock, policy, random: () => 0 })
}

describe('the machine', () => {
  it('has a file for every step name, once', () => {
    expect(STEPS.map(({ name }) => name)).toEqual(STEP_NAMES)
  })

  it('has no gap: each launch step begins in the state where the one before it ended', () => {
    for (const [index, later] of LAUNCH.entries()) {
      if (index > 0) expect(later.from, later.name).toBe(LAUNCH[index - 1]?.to)
    }
  })

  it('reaches every public state', () => {
    const reached = new Set(['pending', 'failed', 'suspended', 'deprovisioning', ...STEPS.map(({ to }) => to)])
    expect([...reached].toSorted()).toEqual([...STATES].toSorted())
  })

  it('rests after the last step of each list, and nowhere else', () => {
    const resting = STEPS.filter((s) => afterDone(s).rests).map(({ name }) => name)
    expect(resting).toEqual([
      'confirm_route',
      'confirm_change',
      'reverify',
      'confirm_renewal',
      'confirm_return',
      'watch_dangling',
    ])
  })

  it('leads out of a list only to steps that are there', () => {
    for (const { name, leadsTo = [] } of STEPS)
      for (const target of leadsTo) expect(stepNamed(target), name).not.toBeNull()
  })
})

describe('an outcome', () => {
  it('done goes on at once, and a new state starts counting anew', () => {
    expect(decided('verify_ownership', 5, done())).toMatchObject({
      attempt: 5,
      due: 'now',
      next: { step: 'verify_routing' },
    })
    expect(decided('verify_routing', 5, done())).toMatchObject({ attempt: 1, due: 'now', next: { state: 'verified' } })
  })

  it('done that pauses is due later at the next step, says why, and gives the claim back', () => {
    const because = reason('EDGE_PENDING', 'Waiting.')
    expect(decided('publish_route', 2, done({ route: 'https' }, { until: new Date(9e12), because }))).toMatchObject({
      attempt: 1,
      due: new Date(9e12),
      reason: because,
      next: { step: 'confirm_route' },
    })
  })

  it('done after the last step of a launch leaves the next proof of ownership due, within a day or so', () => {
    const { due, ...rest } = decided('confirm_route', 1, done())
    expect(rest).toMatchObject({ attempt: 0, reason: null, next: { state: 'active', step: 'reverify' } })
    expect(due).toBeInstanceOf(Date)
    const ms = (due as Date).getTime() - now.getTime()
    expect(ms).toBeGreaterThanOrEqual(HOUR)
    expect(ms).toBeLessThanOrEqual(DAY + HOUR)
  })

  it('done after the last step of all leaves nothing due', () => {
    expect(decided('watch_dangling', 1, done())).toMatchObject({
      attempt: 0,
      due: null,
      next: { state: 'deprovisioned' },
    })
  })

  it('done may lead out of its list, to the beginning of another', () => {
    expect(decided('reverify', 1, doneTo('publish_holding'))).toMatchObject({
      due: 'now',
      attempt: 1,
      next: { state: 'suspended', step: 'publish_holding' },
    })
  })

  it('a wait without a time is over when somebody asks', () => {
    const because = reason('SUSPENDED_BY_OPERATOR', 'Suspended.')
    expect(decided('await_return', 1, wait(null, because))).toMatchObject({ due: null, reason: because })
  })

  it('wait gives the claim back and stays where it is', () => {
    const because = reason('EDGE_PENDING', 'Waiting.')
    expect(decided('confirm_route', 2, wait(new Date(9e12), because))).toMatchObject({
      attempt: 1,
      due: new Date(9e12),
      next: { state: 'provisioning_cert', step: 'confirm_route' },
    })
  })

  it('wait and retry serve a launch over HTTP while it has no certificate, once', () => {
    const because = reason('CA_PROCESSING', 'Waiting.')
    expect(decided('validate_order', 1, wait(new Date(9e12), because)).route).toBe('http')
    expect(decided('order_certificate', 1, retry(because)).route).toBe('http')
    expect(decided('verify_routing', 1, wait(new Date(9e12), because)).route).toBeNull()
    expect(decided('order_certificate', 3, retry(because)).route, 'the last retry is a failure').toBeNull()
    const taking = aDomain({ state: 'provisioning_cert', step: 'validate_order', takesOverFrom: 'dom_other' })
    const waiting = decide(taking, step('validate_order'), wait(new Date(9e12), because), { clock, policy })
    expect(waiting.route, 'the name is served by the claim it moves from').toBeNull()
    const routed = aDomain({ state: 'provisioning_cert', step: 'confirm_route', routeGeneration: 7 })
    expect(decide(routed, step('confirm_route'), wait(new Date(9e12), because), { clock, policy }).route).toBeNull()
  })

  it('retry keeps the count, backs off, and never comes before the floor a CA set', () => {
    const because = reason('CA_UNAVAILABLE', 'Down.')
    const floor = new Date(now.getTime() + HOUR)
    expect(decided('finalize_order', 2, retry(because))).toMatchObject({ attempt: 2, next: { step: 'finalize_order' } })
    expect(decided('finalize_order', 2, retry(because, floor)).due).toEqual(floor)
  })

  it('retry with a new order goes back to the ordering step', () => {
    expect(decided('validate_order', 1, retryWithNewOrder(reason('CA_VALIDATION_FAILED', 'No.'))).next).toEqual({
      state: 'provisioning_cert',
      step: 'order_certificate',
    })
  })

  it('the last retry becomes failed, loudly, and a later retry by a person begins with a new order', () => {
    const last = decided('validate_order', 3, retryWithNewOrder(reason('CA_VALIDATION_FAILED', 'No.')))
    expect(last).toMatchObject({
      due: null,
      next: { state: 'failed', step: 'order_certificate' },
      outcome: { kind: 'failed' },
    })
    expect(last.outcome.kind === 'failed' && last.outcome.because.message).toContain('Given up after 3 attempts')
  })

  it('what is served or leaving never fails: it is tried for ever', () => {
    const because = reason('INTERNAL', 'Broke.')
    expect(decided('confirm_change', 99, retry(because)).next.state).toBe('active')
    expect(decided('withdraw_route', 99, retry(because)).next.state).toBe('deprovisioning')
  })

  it('failed rests until a person acts', () => {
    expect(decided('order_certificate', 1, failed(reason('CA_REJECTED', 'No.')))).toMatchObject({
      due: null,
      next: { state: 'failed', step: 'order_certificate' },
    })
  })
})

describe('waiting times', () => {
  it('retries grow from seconds to an hour and never leave the upper half of their interval', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (attempt, random) => {
          const interval = Math.min(5000 * 2 ** (attempt - 1), HOUR)
          const wait = nextRetry(attempt, now, null, () => random).getTime() - now.getTime()
          expect(wait).toBeGreaterThanOrEqual(interval / 2 - 1)
          expect(wait).toBeLessThanOrEqual(interval)
        },
      ),
    )
  })

  it('a customer is looked at after 30 s, 60 s, 120 s … 15 min on the first day, then up to 4 h', () => {
    const look = (looks: number, ageMs: number) =>
      nextLook({ looks, createdAt: new Date(now.getTime() - ageMs) }, now).getTime() - now.getTime()
    expect([0, 1, 2, 3, 9].map((looks) => look(looks, MINUTE))).toEqual([30_000, 60_000, 120_000, 240_000, 15 * MINUTE])
    expect(look(9, 2 * DAY)).toBe(4 * HOUR)
  })
})

describe('the proofs of a day', () => {
  it('are spread evenly over it, and each name keeps its moment', () => {
    const due = Array.from({ length: 2400 }, (_, index) => nextReverification(`dom_${index}`, now, DAY))
    const hours = due.map((at) => Math.floor((at.getTime() % DAY) / HOUR))
    const counts = Array.from({ length: 24 }, (_, hour) => hours.filter((h) => h === hour).length)
    expect(Math.min(...counts)).toBeGreaterThan(60)
    expect(Math.max(...counts)).toBeLessThan(140)
    const first = due[0] as Date
    expect(nextReverification('dom_0', first, DAY).getTime() - first.getTime()).toBe(DAY)
  })
})

describe('a problem of the CA', () => {
  const outcome = (
    type: string,
    facts: ConstructorParameters<typeof CaProblem>[2] = {},
    mayOrderAt: Date | null = null,
  ) => outcomeOf(new CaProblem(type, 'as the CA said', facts), { clock, retryAt: mayOrderAt })

  it('that names Retry-After is waited for, not counted', () => {
    const retryAt = new Date(now.getTime() + 3 * HOUR)
    expect(outcome('rateLimited', { status: 429, retryAt })).toMatchObject({ kind: 'wait', until: retryAt })
  })

  it('that paused the name needs a person and shows where', () => {
    const paused = outcome('rateLimited', { status: 429, unpauseUrl: 'https://ca.example/unpause' })
    expect(paused).toMatchObject({ kind: 'failed', because: { code: 'CA_PAUSED', actor: 'operator' } })
    expect(paused.kind === 'failed' && paused.because.message).toContain('https://ca.example/unpause')
  })

  it('that invalidated the order comes back with a new one, when the name may be ordered again', () => {
    const mayOrderAt = new Date(now.getTime() + 100 * MINUTE)
    expect(outcome('connection', {}, mayOrderAt)).toMatchObject({
      kind: 'retry',
      backTo: 'order_certificate',
      notBefore: mayOrderAt,
    })
  })

  it('of an unknown kind is tried again', () => {
    expect(outcome('serverInternal')).toMatchObject({ kind: 'retry', because: { code: 'CA_UNAVAILABLE' } })
  })
})
