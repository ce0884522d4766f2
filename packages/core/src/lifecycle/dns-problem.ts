import { type Clock, MINUTE, after } from '../clock.ts'
import type { DnsProviderProblem } from '../ports.ts'
import { reason } from '../reasons.ts'
import { type Outcome, failed, retry, wait } from './outcome.ts'

/** Every host's limits are counted over five minutes or less, except DigitalOcean's, which says when it ends. */
const AFTER_RATE_LIMIT_MS = 5 * MINUTE

/** The one table from a DNS host's problem to what the machine does about it. */
export function outcomeOfDnsProblem(problem: DnsProviderProblem, clock: Clock): Outcome {
  const said = problem.message.replace(/\.$/, '')
  switch (problem.kind) {
    case 'unauthorized': {
      const message = `The managed zone's DNS host refuses the credentials: ${said}. Give the zone credentials that may change its records, then retry the domain.`
      return failed(reason('DNS_PROVIDER_REFUSED', message))
    }
    case 'refused': {
      const message = `The managed zone's DNS host refuses the change: ${said}. Correct that there, then retry the domain.`
      return failed(reason('DNS_PROVIDER_REFUSED', message))
    }
    case 'rate_limited': {
      const message = `The managed zone's DNS host asks to wait: ${said}. It is asked again then.`
      const until = problem.retryAt ?? after(clock.now(), AFTER_RATE_LIMIT_MS)
      return wait(until, reason('DNS_PROVIDER_UNAVAILABLE', message))
    }
    case 'unavailable': {
      const message = `The managed zone's DNS host does not answer as it should: ${said}. It is asked again.`
      return retry(reason('DNS_PROVIDER_UNAVAILABLE', message), problem.retryAt)
    }
  }
}
