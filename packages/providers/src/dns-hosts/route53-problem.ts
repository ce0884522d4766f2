import { Route53ServiceException } from '@aws-sdk/client-route-53'
import { DnsProviderProblem } from '@mooring/core'
import { z } from 'zod'

/** Five requests a second for an account, and one change at a time for a zone: both pass in seconds. */
const PAUSE_MS = 5_000
const BUSY = ['Throttling', 'ThrottlingException', 'PriorRequestNotComplete', 'ConcurrentModification']
/** Some of the errors that are common to all of Amazon's services come with status 400. */
const ABOUT_CREDENTIALS = ['AccessDenied', 'AccessDeniedException', 'IncompleteSignature', 'NotAuthorized']

/**
 * Throws what an error of the SDK means.
 *
 * Source: https://docs.aws.amazon.com/Route53/latest/APIReference/CommonErrors.html
 */
export function problemOf(cause: unknown): never {
  if (!(cause instanceof Route53ServiceException)) {
    const name = cause instanceof Error ? codeOf(cause) : 'unknown'
    throw new DnsProviderProblem('unavailable', `Route 53 cannot be reached (${name}).`, { cause })
  }
  const status = cause.$metadata.httpStatusCode ?? 0
  const detail = `Route 53 answered ${status}: ${wordsOf(cause)}`
  if (BUSY.includes(cause.name) || status === 429) {
    throw new DnsProviderProblem('rate_limited', detail, { retryAt: new Date(Date.now() + PAUSE_MS), cause })
  }
  if (status === 401 || status === 403 || ABOUT_CREDENTIALS.includes(cause.name)) {
    throw new DnsProviderProblem('unauthorized', detail, { cause })
  }
  throw new DnsProviderProblem(status >= 400 && status < 500 ? 'refused' : 'unavailable', detail, { cause })
}

/** The SDK takes any XML and leaves out what it does not find: an answer that is none must not pass for an empty list. */
export const notAsDocumented = (): DnsProviderProblem =>
  new DnsProviderProblem('unavailable', 'Route 53 gave an answer that is not as documented.')

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : error.name)

/**
 * A change batch may be refused in the form of an older document (`<InvalidChangeBatch><Messages>`), of which the SDK
 * makes an "UnknownError" that still holds the words.
 */
const olderSchema = z.object({ Messages: z.object({ Message: z.union([z.string(), z.array(z.string())]) }) })

function wordsOf(error: Route53ServiceException): string {
  const older = olderSchema.safeParse(error)
  if (!older.success) return `${error.message} (${error.name})`
  return [older.data.Messages.Message].flat().join(' ')
}
