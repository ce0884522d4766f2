import { DAY, HOUR, MINUTE, SECOND } from '@mooring/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseArguments } from './arguments.ts'
import { CertificateAuthority } from './certificate-authority.ts'
import { DueQueue } from './due-queue.ts'
import { daysToLoad } from './how-long.ts'
import { refusalsOf } from './report.ts'
import { preferredTerms, scenarioOf } from './scenario.ts'
import { simulate } from './simulate.ts'

const ORDERS = { burst: 600, refillMs: 18 * SECOND }
const aScenario = () => scenarioOf({ domains: 3000, days: 120, seed: 7, granted: { new_orders: ORDERS } })

describe('120 days with 3,000 names', () => {
  const tally = simulate(aScenario())

  it('end without an expired certificate where DNS is right, and without a refusal for limits', () => {
    expect(tally.expired.dnsRight).toBe(0)
    expect(tally.revokedInUse).toBe(0)
    expect(tally.refusals).toEqual({})
    expect(tally.waiting).toBe(0)
  })

  it('are no easy ones: names break, an authority is away, another one helps, certificates are replaced early', () => {
    expect(tally.orders.failed).toBeGreaterThan(0)
    expect(tally.expired.dnsWrong).toBeGreaterThan(0)
    expect(tally.orders.fallback).toBeGreaterThan(0)
    expect(tally.orders.issued).toBeGreaterThan(2 * 3000)
    expect(tally.launches.crowded.count).toBeGreaterThan(0)
  })

  it('are the same again with the same seed', () => {
    expect(simulate(aScenario()).orders).toEqual(tally.orders)
  })
})

it('an account that was granted less than the product believes is refused: the model keeps to its own limits', () => {
  const believed = { new_orders: { burst: 6000, refillMs: 1.8 * SECOND } }
  expect(simulate({ ...aScenario(), days: 30, believed }).refusals.new_orders).toBeGreaterThan(0)
  const lax = { certificates_of_domain: { burst: 500, refillMs: HOUR } }
  expect(refusalsOf(simulate({ ...aScenario(), days: 30, believed: { new_orders: ORDERS, ...lax } }))).toBeGreaterThan(
    0,
  )
})

describe('the model of the authority', () => {
  const anAuthority = () => new CertificateAuthority(preferredTerms(aScenario()), { names: 1000, domains: 1000 })
  const ordered = (authority: CertificateAuthority, name: number, now: number, replaces: number | null = null) =>
    authority.newOrder({ name, domain: name, replaces }, now)
  const issued = (authority: CertificateAuthority, name: number, now: number) => {
    const order = ordered(authority, name, now)
    if (typeof order === 'string') throw new TypeError(order)
    authority.finish(order, true, now)
    return order
  }

  it('takes 600 orders in three hours and not one more', () => {
    const authority = anAuthority()
    for (let name = 0; name < 600; name += 1) expect(ordered(authority, name, name * 100)).toMatchObject({ name })
    expect(ordered(authority, 601, MINUTE)).toMatchObject({ name: 601 })
    const answers = [602, 603, 604, 605].map((name) => ordered(authority, name, MINUTE + name))
    expect(answers).toContain('new_orders')
  })

  it('issues five certificates of one name in a week', () => {
    const authority = anAuthority()
    for (let count = 0; count < 5; count += 1) issued(authority, 1, count * HOUR)
    expect(ordered(authority, 1, 5 * HOUR)).toBe('exact_set')
    expect(ordered(authority, 1, 3 * DAY)).toMatchObject({ isRenewal: true })
  })

  it('exempts a replacement inside its window, once', () => {
    const authority = anAuthority()
    issued(authority, 1, 0)
    expect(ordered(authority, 1, DAY, 1)).toMatchObject({ isExempt: false })
    const { start } = authority.windowOf(1) ?? expect.fail('no window')
    const order = ordered(authority, 1, start.getTime() + HOUR, 1)
    expect(order).toMatchObject({ isExempt: true })
    if (typeof order !== 'string') authority.finish(order, true, start.getTime() + HOUR)
    expect(ordered(authority, 1, start.getTime() + 2 * HOUR, 1)).toMatchObject({ isExempt: false })
  })

  it('stops after five failed validations of a name in an hour', () => {
    const authority = anAuthority()
    for (let count = 0; count < 5; count += 1) {
      const order = ordered(authority, 1, count * SECOND)
      if (typeof order !== 'string') authority.finish(order, false, count * SECOND)
    }
    expect(ordered(authority, 1, MINUTE)).toBe('failed_validations')
    expect(ordered(authority, 1, 13 * MINUTE)).toMatchObject({ name: 1 })
  })

  it('answers no more than so many requests in a second', () => {
    const authority = anAuthority()
    const answers = Array.from({ length: 200 }, (_, name) => ordered(authority, name, DAY))
    expect(answers).toContain('requests')
    expect(answers.filter((answer) => answer !== 'requests')).toHaveLength(125)
  })
})

it('the calendar gives back every name at its time, in order, whatever is added meanwhile', () => {
  const times = fc.array(fc.integer({ min: 0, max: 3 * MINUTE }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(times, fc.integer({ min: 1, max: 90 * SECOND }), (due, laterMs) => {
      const queue = new DueQueue(due.length * 2, 10 * MINUTE)
      due.forEach((at, name) => queue.add(name, at))
      const taken: number[] = []
      for (let next = queue.take(10 * MINUTE); next !== null; next = queue.take(10 * MINUTE)) {
        taken.push(next.at)
        if (next.name < due.length) queue.add(next.name + due.length, next.at + laterMs)
      }
      const expected = due.flatMap((at) => [at, at + laterMs]).sort((a, b) => a - b)
      expect(taken).toEqual(expected)
    }),
  )
})

describe('the command line', () => {
  it.each([
    [['--domains', '0'], '--domains must be a whole number'],
    [['--domains', '1e6'], '--domains must be a whole number'],
    [['--days', '3'], '--days must be a whole number from 30'],
    [['--limit', 'orders=5'], 'Expected one such as new_orders=300/3h'],
    [['--how-long', '10', '--days', '40'], '--days does not go with --how-long'],
    [['--speed', '9'], "Unknown option '--speed'"],
  ])('refuses %j in one line', (args, message) => {
    const result = parseArguments(args)
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining(message) })
    expect(result.ok ? '' : result.message).not.toContain('\n')
  })
})

it('a million names take 416.6 days with the default limits, and 6 with 20,000 orders in three hours', () => {
  expect(daysToLoad(1_000_000, {})).toBeCloseTo(416.6, 1)
  expect(daysToLoad(1_000_000, { new_orders: { burst: 20_000, refillMs: 540 } })).toBeCloseTo(6.16, 1)
})
