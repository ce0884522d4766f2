import { CaProblem, type Clock } from '@mooring/core'
import { type Account, type AccountOptions, findAccount, register } from './account.ts'
import { type Directory, fetchDirectory } from './directory.ts'
import { createNoncePool, fetchNonce } from './nonce-pool.ts'
import { createOnce } from './once.ts'
import { createSignedRequests } from './signed-requests.ts'
import { type Answer, createTransport } from './transport.ts'

export interface ClientOptions extends AccountOptions {
  caFile?: string | undefined
  concurrency: number
  deadlineMs: number
  nonceRetries: number
  clock: Clock
}

/** Speaks RFC 8555 as one account. What is said is up to the caller: `placeOrder`, `validateOrder`, `finalizeOrder`. */
export interface AcmeClient {
  clock: Clock
  directory(signal: AbortSignal): Promise<Directory>
  /** Posts as the account; null is POST-as-GET. Throws `CaProblem` unless the status is below 300. */
  post(url: string, payload: object | null, signal: AbortSignal): Promise<Answer>
  /** What must be served for a token (RFC 8555 §8.1). */
  keyAuthorization(token: string, signal: AbortSignal): Promise<string>
  close(): Promise<void>
}

export function createAcmeClient(options: ClientOptions): AcmeClient {
  const { directoryUrl, concurrency, nonceRetries, clock } = options
  const transport = createTransport({ ...options, connections: concurrency })
  // What many orders wait for together is bounded by the transport's deadline and by no single order's signal.
  const { signal: ownSignal } = new AbortController()

  const directory = createOnce(() => fetchDirectory(directoryUrl, { transport, clock, signal: ownSignal }))
  const nonces = createNoncePool(async (signal) =>
    fetchNonce((await directory.get(signal)).newNonce, { transport, clock, signal }),
  )
  const send = createSignedRequests({ transport, nonces, nonceRetries, clock })
  const reach = async () => ({ directory: await directory.get(ownSignal), send, signal: ownSignal })

  let lost: Account | null = null
  const account = createOnce(async () =>
    lost === null ? findAccount(options, reach) : register(options, lost.signer, await reach()),
  )

  return {
    clock,
    directory: (signal) => directory.get(signal),
    async post(url, payload, signal) {
      const present = await account.get(signal)
      try {
        return await send({ url, payload, ...present, signal })
      } catch (error) {
        if (!(error instanceof CaProblem) || error.type !== 'accountDoesNotExist') throw error
        // The CA forgot the account (a test CA that was restarted): the same key is registered anew.
        lost = present
        account.forget(present)
        return send({ url, payload, ...(await account.get(signal)), signal })
      }
    },
    keyAuthorization: async (token, signal) => `${token}.${(await account.get(signal)).signer.thumbprint}`,
    close: () => transport.close(),
  }
}
