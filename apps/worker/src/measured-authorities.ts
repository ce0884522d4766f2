import { type Authority, CaProblem, type Issuer } from '@mooring/core'
import type { Meter } from '@mooring/runtime'

/** The authorities, with every call to them timed and every problem counted by its type (RFC 8555 §6.7). */
export const measureAuthorities = (authorities: readonly Authority[], meter: Meter): Authority[] =>
  authorities.map((authority) => ({
    ...authority,
    accounts: authority.accounts.map((issuer) => measureIssuer(issuer, authority.name, meter)),
  }))

function measureIssuer(issuer: Issuer, ca: string, meter: Meter): Issuer {
  const timed =
    <Args extends unknown[], Answer>(call: string, ask: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      const startedAt = performance.now()
      try {
        return await ask(...args)
      } catch (error) {
        if (error instanceof CaProblem) meter.count('mooring_ca_problems_total', { ca, type: typeOf(error) })
        throw error
      } finally {
        meter.observe('mooring_ca_request_seconds', { ca, call }, (performance.now() - startedAt) / 1000)
      }
    }
  return {
    name: issuer.name,
    challenges: issuer.challenges,
    caaIdentities: (signal) => issuer.caaIdentities(signal),
    register: timed('register', (signal) => issuer.register(signal)),
    placeOrder: timed('place_order', (need, signal) => issuer.placeOrder(need, signal)),
    validate: timed('validate', (order, signal) => issuer.validate(order, signal)),
    finalize: timed('finalize', (order, csrDer, signal) => issuer.finalize(order, csrDer, signal)),
    revoke: timed('revoke', (chainPem, signal) => issuer.revoke(chainPem, signal)),
    renewalInfo: timed('renewal_info', (chainPem, signal) => issuer.renewalInfo(chainPem, signal)),
  }
}

// The authority chooses the word, and may choose a new one each time.
const MOST_TYPES = 64
const KNOWN = new Set<string>()

function typeOf({ type }: CaProblem): string {
  if (/^[A-Za-z]{1,40}$/.test(type) && (KNOWN.has(type) || KNOWN.size < MOST_TYPES)) {
    KNOWN.add(type)
    return type
  }
  return 'other'
}
