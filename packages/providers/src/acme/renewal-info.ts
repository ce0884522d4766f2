import { DAY, HOUR, MINUTE, type RenewalInfo, after } from '@mooring/core'
import { z } from 'zod'
import { jsonOf } from './answers.ts'
import { certificateIdOf } from './certificate-id.ts'
import type { AcmeClient } from './client.ts'
import { problemOf, retryAtOf } from './problem.ts'

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

/** RFC 9773 §4.2. A window that ends before it starts is none; the page is for people, and no window depends on it. */
const renewalInfoSchema = z.object({
  suggestedWindow: z
    .object({ start: moment, end: moment })
    .refine(({ start, end }) => end > start, 'the window ends before it starts'),
  explanationURL: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional()
    .catch(undefined),
})

/** RFC 9773 §4.3.2: neither in a loop nor never again, whatever the CA wishes. */
const [LEAST_MS, MOST_MS, UNSAID_MS] = [1 * MINUTE, 1 * DAY, 6 * HOUR]

/** Asks when the first certificate of the chain should be renewed. It needs no account. */
export async function readRenewalInfo(
  client: AcmeClient,
  { chainPem, signal }: { chainPem: string; signal: AbortSignal },
): Promise<RenewalInfo | null> {
  signal.throwIfAborted()
  const { renewalInfo } = await client.directory(signal)
  const id = renewalInfo === undefined ? null : certificateIdOf(chainPem)
  if (renewalInfo === undefined || id === null) return null

  const answer = await client.get({ what: 'renewalInfo', url: `${renewalInfo.replace(/\/$/, '')}/${id}`, signal })
  const now = client.clock.now()
  if (answer.status !== 200) throw problemOf(answer, now)
  const { suggestedWindow, explanationURL = null } = jsonOf(answer, renewalInfoSchema)
  const waitMs = (retryAtOf(answer, now)?.getTime() ?? now.getTime() + UNSAID_MS) - now.getTime()
  return {
    window: suggestedWindow,
    explanationUrl: explanationURL,
    retryAt: after(now, Math.min(Math.max(waitMs, LEAST_MS), MOST_MS)),
  }
}
