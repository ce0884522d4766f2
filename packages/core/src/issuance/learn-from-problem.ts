import { type CaProblem, isFailedValidation, isOutage, limitNamedBy, outcomeOf } from '../certificate/ca-problem.ts'
import { isDown } from '../certificate/circuit.ts'
import { UNTOLD_WAIT_MS, asksOf } from '../certificate/limits.ts'
import { after } from '../clock.ts'
import type { Domain } from '../domain/domain.ts'
import type { Outcome } from '../lifecycle/outcome.ts'
import type { StepContext } from '../lifecycle/step.ts'
import { waitForAuthority } from './authorities-up.ts'
import { authorityOf, caOf, leftOf } from './issuance.ts'

/**
 * What follows from a refusal, after the fleet has learned from it: an authority that is down is not asked by everybody,
 * a limit that it named keeps others from the same answer, a failed validation counts for its name.
 */
export async function learnFromProblem(problem: CaProblem, domain: Domain, context: StepContext): Promise<Outcome> {
  const { budgets, certificates, clock, watch } = context
  const certificate = await certificates.current(domain.id)
  const authority = certificate === null ? null : authorityOf(certificate, context)
  if (certificate === null || authority === null) return outcomeOf(problem, { clock, retryAt: null })

  const ca = caOf(certificate.issuer)
  const asks = asksOf({ account: certificate.issuer, hostname: domain.hostname, kind: 'new' }, authority.limits)
  const askOf = (bucket: (typeof asks)[number]['bucket']) => asks.find((ask) => ask.bucket === bucket)
  const ofName = askOf('failed_validations')
  if (isOutage(problem)) {
    const health = await watch.failed(ca)
    // From here on nobody's attempts are spent on it, nor are those of whoever probed it.
    if (isDown(health)) return waitForAuthority(domain, { ca, health, left: await leftOf(domain, context) }, context)
  } else await watch.answered(ca)

  if (problem.type === 'rateLimited' && problem.status === 429) {
    const { unpauseUrl, retryAt } = problem
    const ask = (unpauseUrl === null ? askOf(limitNamedBy(problem) ?? 'failed_validations') : ofName) ?? ofName
    const word = unpauseUrl === null ? { until: retryAt ?? after(clock.now(), UNTOLD_WAIT_MS) } : { unpauseUrl }
    if (ask !== undefined) await budgets.block(ca, ask, word)
  }
  const retryAt = isFailedValidation(problem) && ofName !== undefined ? await budgets.failed(ca, ofName) : null
  return outcomeOf(problem, { clock, retryAt })
}
