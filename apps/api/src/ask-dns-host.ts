import { type AppError, DnsProviderProblem, SECOND } from '@mooring/core'
import { Refusal } from './problem.ts'

/** A caller waits no longer for a DNS host. */
const DEADLINE_MS = 10 * SECOND
const MAX_QUOTED = 300

export interface HostRefusal {
  kind: 'unauthorized' | 'refused'
  /** In the host's own words. */
  said: string
}

/**
 * Asks a DNS host within a deadline. What it refuses becomes `refuse`'s error; a host that is away or asks to wait is
 * 503. `quote` decides what of its words is shown: some hosts repeat the credentials. For the same reason its own error
 * is no cause of ours, which would be logged.
 */
export async function askDnsHost<Answer>(
  ask: (signal: AbortSignal) => Promise<Answer>,
  { quote, refuse }: { quote: (words: string) => string; refuse: (refusal: HostRefusal) => AppError },
): Promise<Answer> {
  try {
    return await ask(AbortSignal.timeout(DEADLINE_MS))
  } catch (error) {
    if (!(error instanceof DnsProviderProblem)) throw error
    const { kind, retryAt } = error
    const said = quote(error.message).slice(0, MAX_QUOTED)
    if (kind === 'unauthorized' || kind === 'refused') throw refuse({ kind, said })
    const message = `The DNS host does not answer as it should; try again. ${said}`.trimEnd()
    const headers = retryAt === null ? {} : { 'retry-after': secondsUntil(retryAt) }
    throw new Refusal('DEPENDENCY_UNAVAILABLE', message, { headers })
  }
}

/** Quotes all but these. */
export const without =
  (secrets: string[]) =>
  (words: string): string =>
    secrets.reduce((left, secret) => left.replaceAll(secret, '…'), words)

const secondsUntil = (at: Date): string => String(Math.max(1, Math.ceil((at.getTime() - Date.now()) / SECOND)))
