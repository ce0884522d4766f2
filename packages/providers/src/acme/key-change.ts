import { type AcmeAccount, CaProblem } from '@mooring/core'
import type { Account, AccountOptions } from './account.ts'
import { newSealedKey, signerOf } from './account-key.ts'
import { asAboutAccount } from './account-problem.ts'
import type { AcmeConnection } from './connection.ts'
import { signKeyChange } from './jws.ts'

interface KeyChange {
  account: Account
  signal: AbortSignal
}

/**
 * Gives the account a new key (RFC 8555 §7.3.5). The new key is stored before the CA hears of it, and takes the old one's
 * place after the CA took it. Whoever dies in between leaves both, and `settleKeyChange` asks the CA which one it knows.
 */
export const changeKey = (options: AccountOptions, connection: AcmeConnection, change: KeyChange): Promise<void> =>
  connection.at('keyChange', change.signal, (url) => changeKeyAt(url, { options, connection, ...change }))

async function changeKeyAt(
  url: string,
  { options, connection, account, signal }: KeyChange & { options: AccountOptions; connection: AcmeConnection },
): Promise<void> {
  const { accounts, id, log } = options
  const { kid } = account
  // Both keys come from this one answer: another process may have changed the key a moment ago.
  const stored = await accounts.saveNext(id, newSealedKey(options))
  const [signer, next] = [signerOf(options, stored.sealedKey), signerOf(options, stored.nextSealedKey)]
  try {
    const payload = signKeyChange(next, { url, kid, oldKey: signer.jwk })
    await connection.send({ what: 'keyChange', url, payload, signer, kid, signal })
  } catch (error) {
    // Refused, perhaps because it was done before: by a request whose answer was lost, or by another process.
    if (!(error instanceof CaProblem) || error.status < 400 || error.status >= 500) throw error
    const settled = await settleKeyChange(options, connection, stored)
    if (settled.nextSealedKey !== null) asAboutAccount(error)
    return
  }
  await accounts.promoteNext(id, stored.nextSealedKey)
  log?.info({ account: id, accountUrl: kid }, 'ACME account key changed')
}

/** Ends a key change that somebody began: the next key is the account's if the CA knows it already, else it stays next. */
export async function settleKeyChange(
  options: AccountOptions,
  connection: AcmeConnection,
  stored: AcmeAccount,
): Promise<AcmeAccount> {
  const { accounts, id } = options
  const { nextSealedKey } = stored
  if (nextSealedKey === null) return stored
  const next = signerOf(options, nextSealedKey)
  const signal = connection.ownSignal
  try {
    await connection.at('newAccount', signal, (url) =>
      connection.send({
        what: 'newAccount',
        url,
        payload: { onlyReturnExisting: true },
        signer: next,
        kid: null,
        signal,
      }),
    )
  } catch (error) {
    if (error instanceof CaProblem && error.type === 'accountDoesNotExist') return stored
    throw error
  }
  return accounts.promoteNext(id, nextSealedKey)
}
