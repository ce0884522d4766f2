import { CaProblem } from '../certificate/ca-problem.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { renewAtWithin } from '../certificate/renewal.ts'
import { HOUR, after } from '../clock.ts'
import type { StepContext } from '../lifecycle/step.ts'
import type { RenewalAdvice } from '../ports.ts'
import { issuerOf } from './issuance.ts'

/** How soon an authority that did not answer about a renewal is asked again. */
const ASK_AGAIN_MS = 1 * HOUR

/**
 * What the authority suggests now (RFC 9773); null when it does not say such things. The instant is drawn once per window:
 * an unchanged one keeps it. An authority that does not answer holds nothing up: what was known before stands.
 */
export async function adviceFor(
  certificate: Certificate,
  context: Pick<StepContext, 'authorities' | 'clock' | 'signal'>,
): Promise<RenewalAdvice | null> {
  const { issued, renewal } = certificate
  const issuer = issuerOf(certificate, context)
  if (issued === null || issuer === null) return null
  const known: RenewalAdvice = { window: renewal.window, renewAt: issued.renewAt, askAgainAt: null }
  try {
    const info = await issuer.renewalInfo(issued.chainPem, context.signal)
    if (info === null) return renewal.askAgainAt === null ? null : known
    const { window, retryAt } = info
    const isKnown =
      renewal.window !== null &&
      renewal.window.start.getTime() === window.start.getTime() &&
      renewal.window.end.getTime() === window.end.getTime()
    const renewAt = isKnown ? issued.renewAt : renewAtWithin(window, issued, Math.random())
    return { window, renewAt, askAgainAt: retryAt }
  } catch (error) {
    if (!(error instanceof CaProblem)) throw error
    return { ...known, askAgainAt: error.retryAt ?? after(context.clock.now(), ASK_AGAIN_MS) }
  }
}
