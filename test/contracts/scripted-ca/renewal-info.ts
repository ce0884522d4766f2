import type { Certificates, IssuedCertificate } from './certificates.ts'
import { malformed } from './jws.ts'
import type { Scripted } from './script.ts'

/** What the CA suggests for a certificate (RFC 9773 §4.2). */
interface Suggestion {
  start: Date
  end: Date
  explanationUrl?: string
  retryAfterS?: number
}

export interface RenewalInfos {
  /** From now on, for one certificate (its RFC 9773 identifier), or for each that has no window of its own. */
  suggest(suggestion: Suggestion, id?: string): void
  answer(id: string): Scripted
}

/** Boulder's: two days around two thirds of the lifetime, asked for again every six hours. */
const RETRY_AFTER_S = 6 * 3600
const WINDOW_SHARE = 0.02

export function createRenewalInfos(certificates: Certificates): RenewalInfos {
  const ofOne = new Map<string, Suggestion>()
  let ofAll: Suggestion | null = null
  return {
    suggest(suggestion, id) {
      if (id === undefined) ofAll = suggestion
      else ofOne.set(id, suggestion)
    },
    answer(id) {
      const certificate = certificates.byId(id)
      if (certificate === undefined) throw malformed('Certificate not found', 404)
      const { start, end, explanationUrl, retryAfterS } = ofOne.get(id) ?? ofAll ?? usual(certificate)
      return {
        headers: { 'retry-after': String(retryAfterS ?? RETRY_AFTER_S) },
        body: {
          suggestedWindow: { start: start.toISOString(), end: end.toISOString() },
          ...(explanationUrl === undefined ? {} : { explanationURL: explanationUrl }),
        },
      }
    },
  }
}

function usual({ notBefore, notAfter, isRevoked }: IssuedCertificate): Suggestion {
  const lifetime = notAfter.getTime() - notBefore.getTime()
  // RFC 9773 §4.2: a window in the past asks for a renewal at once.
  const start = isRevoked ? notBefore.getTime() : notBefore.getTime() + (lifetime * 2) / 3
  return { start: new Date(start), end: new Date(start + lifetime * WINDOW_SHARE) }
}
