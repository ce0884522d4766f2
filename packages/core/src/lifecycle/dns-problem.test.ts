import { describe, expect, it } from 'vitest'
import { MINUTE, after } from '../clock.ts'
import { DnsProviderProblem } from '../ports.ts'
import { outcomeOfDnsProblem } from './dns-problem.ts'

const now = new Date('2026-11-21T00:00:00Z')
const clock = { now: () => now }

describe('outcomeOfDnsProblem', () => {
  it.each([
    ['unauthorized', 'failed', 'DNS_PROVIDER_REFUSED'],
    ['refused', 'failed', 'DNS_PROVIDER_REFUSED'],
    ['rate_limited', 'wait', 'DNS_PROVIDER_UNAVAILABLE'],
    ['unavailable', 'retry', 'DNS_PROVIDER_UNAVAILABLE'],
  ] as const)('%s comes to %s with %s, in the words of the host', (problem, kind, code) => {
    const outcome = outcomeOfDnsProblem(new DnsProviderProblem(problem, 'The host said this.'), clock)
    expect(outcome).toMatchObject({ kind, because: { code, message: expect.stringContaining('The host said this.') } })
  })

  it('waits as long as the host asks, and five minutes when it names no time', () => {
    const limited = (retryAt: Date | null) =>
      outcomeOfDnsProblem(new DnsProviderProblem('rate_limited', 'Slow down', { retryAt }), clock)
    expect(limited(after(now, 90_000))).toMatchObject({ until: after(now, 90_000) })
    expect(limited(null)).toMatchObject({ until: after(now, 5 * MINUTE) })
  })
})
