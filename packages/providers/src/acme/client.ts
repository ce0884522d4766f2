import { CaProblem, type Clock, type Log } from '@mooring/core'
import { type Account, type AccountOptions, findAccount } from './account.ts'
import { asAboutAccount } from './account-problem.ts'
import type { AcmeConnection } from './connection.ts'
import type { Directory, Resource } from './directory.ts'
import { changeKey } from './key-change.ts'
import { createOnce } from './once.ts'
import type { Answer } from './transport.ts'

interface AccountRequest {
  /** In the words of RFC 8555, such as `newOrder`, for whoever watches. */
  what: string
  url: string
  /** Null is POST-as-GET. */
  payload: object | null
  signal: AbortSignal
}

/** Speaks RFC 8555 as one account. What is said is up to the caller: `placeOrder`, `validateOrder`, `finalizeOrder`. */
export interface AcmeClient {
  clock: Clock
  log: Log | undefined
  directory(signal: AbortSignal): Promise<Directory>
  /** Posts as the account. Throws `CaProblem` unless the status is below 300. */
  post(request: AccountRequest): Promise<Answer>
  /** The same to what the directory names. There, `unauthorized` is about the account: `unauthorizedAccount`. */
  postTo(resource: Resource, payload: object, signal: AbortSignal): Promise<Answer>
  /** Asks without a signature; the answer has any status. */
  get: AcmeConnection['get']
  /** What must be served for a token (RFC 8555 §8.1). */
  keyAuthorization(token: string, signal: AbortSignal): Promise<string>
  register(signal: AbortSignal): Promise<void>
  rolloverAccountKey(signal: AbortSignal): Promise<void>
  deactivateAccount(signal: AbortSignal): Promise<void>
}

/** A CA refuses with these when it knows the account by another key, or not at all. */
const PERHAPS_ANOTHER_KEY = ['malformed', 'unauthorized', 'accountDoesNotExist']

const UNAUTHORIZED = ['unauthorized', 'unauthorizedAccount']
/** RFC 8555 §7.3.6: what a CA answers to all that a deactivated account signs. */
const meansAccount = (error: unknown): boolean => error instanceof CaProblem && error.status === 401

export function createAcmeClient(connection: AcmeConnection, options: AccountOptions): AcmeClient {
  const { accounts, id, log } = options
  let forgottenUrl: string | null = null
  const account = createOnce(async () => {
    const found = await findAccount(options, connection, forgottenUrl)
    forgottenUrl = null
    return found
  })

  const post: AcmeClient['post'] = async (request) => {
    const { signal } = request
    const present = await account.get(signal)
    try {
      return await connection.send({ ...request, ...present })
    } catch (error) {
      const other = await otherAfter(error, present, signal)
      if (other === null) throw meansAccount(error) ? asAboutAccount(error) : error
      return connection.send({ ...request, ...other })
    }
  }

  /** The account as it is now, when that explains the refusal: another process changed its key, or the CA forgot it. */
  async function otherAfter(error: unknown, present: Account, signal: AbortSignal): Promise<Account | null> {
    if (!(error instanceof CaProblem) || error.status === 404 || !PERHAPS_ANOTHER_KEY.includes(error.type)) return null
    // A test CA that was restarted, for example.
    if (error.type === 'accountDoesNotExist') forgottenUrl = present.kid
    account.forget(present)
    const now = await account.get(signal)
    if (error.type === 'accountDoesNotExist') return now
    return now.kid === present.kid && now.signer.thumbprint === present.signer.thumbprint ? null : now
  }

  return {
    clock: connection.clock,
    log,
    directory: (signal) => connection.directory(signal),
    post,
    postTo: (resource, payload, signal) =>
      connection.at(resource, signal, (url) => post({ what: resource, url, payload, signal })).catch(asAboutAccount),
    get: (call) => connection.get(call),
    keyAuthorization: async (token, signal) => `${token}.${(await account.get(signal)).signer.thumbprint}`,
    register: async (signal) => void (await account.get(signal)),
    async rolloverAccountKey(signal) {
      // Read anew, because another process may have changed it, or begun to.
      const known = await account.get(signal)
      account.forget(known)
      const present = await account.get(signal)
      await changeKey(options, connection, { account: present, signal })
      account.forget(present)
    },
    async deactivateAccount(signal) {
      const stored = await accounts.load(id)
      if (stored === null || stored.deactivatedAt !== null) return
      const present = await account.get(signal)
      const payload = { status: 'deactivated' }
      await post({ what: 'account', url: present.kid, payload, signal }).catch((error: unknown) => {
        // An earlier request whose answer was lost did it: the CA hears nothing from the account any more.
        if (!(error instanceof CaProblem) || !UNAUTHORIZED.includes(error.type)) throw error
      })
      await accounts.saveDeactivated(id, connection.clock.now())
      account.forget(present)
      log?.info({ account: id, accountUrl: present.kid }, 'ACME account deactivated')
    },
  }
}
