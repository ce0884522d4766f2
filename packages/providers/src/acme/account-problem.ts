import { CaProblem } from '@mooring/core'

/** Of a challenge, `unauthorized` is about the customer's name; where only the account can be meant, it gets that name. */
export function asAboutAccount(error: unknown): never {
  if (!(error instanceof CaProblem) || error.type !== 'unauthorized') throw error
  throw new CaProblem('unauthorizedAccount', error.message, { status: error.status, cause: error })
}
