import { type AcmeAccount, type AcmeAccounts, CaProblem, type KeyCustody, type Log } from '@mooring/core'
import { z } from 'zod'
import { newSealedKey, signerOf } from './account-key.ts'
import { asAboutAccount } from './account-problem.ts'
import { jsonOf, locationOf } from './answers.ts'
import type { AcmeConnection } from './connection.ts'
import { type AccountSigner, type ExternalAccount, bindExternalAccount } from './jws.ts'
import { settleKeyChange } from './key-change.ts'

/** Who signs, and under which name the CA knows it. */
export interface Account {
  signer: AccountSigner
  kid: string
}

export interface AccountOptions {
  /** See `AcmeAccounts`. */
  id: string
  /** An e-mail address for the CA. */
  contact?: string | undefined
  eab?: ExternalAccount | undefined
  accounts: AcmeAccounts
  custody: KeyCustody
  log?: Log | undefined
}

/**
 * The account as the fleet has it, registered by whoever needs it first. `forgottenUrl` is where the CA says that no
 * account is any more: the same key is registered anew then.
 */
export async function findAccount(
  options: AccountOptions,
  connection: AcmeConnection,
  forgottenUrl: string | null,
): Promise<Account> {
  const { accounts, id } = options
  // The key is stored before the CA hears of it. Of two processes that start together one wins, and both use its key;
  // registering it twice returns the same account (RFC 8555 §7.3).
  const stored = (await accounts.load(id)) ?? (await accounts.save(id, newSealedKey(options)))
  if (stored.deactivatedAt !== null) throw aboutDeactivated(stored, stored.deactivatedAt)
  const { sealedKey, accountUrl } = await settleKeyChange(options, connection, stored)
  const signer = signerOf(options, sealedKey)
  if (accountUrl !== null && accountUrl !== forgottenUrl) return { signer, kid: accountUrl }
  return register(options, connection, signer)
}

const aboutDeactivated = ({ accountUrl }: AcmeAccount, at: Date): CaProblem =>
  new CaProblem(
    'unauthorizedAccount',
    `The account ${accountUrl} was deactivated at ${at.toISOString()}, for good. Name another authority, or remove the ` +
      'account’s row from acme_accounts: a new account is made then.',
  )

/** RFC 8555 §7.1.2. */
const accountSchema = z.object({ status: z.enum(['valid', 'deactivated', 'revoked']) })

/** Makes the account, or finds the one of this key, and stores its URL. */
async function register(options: AccountOptions, connection: AcmeConnection, signer: AccountSigner): Promise<Account> {
  const { accounts, contact, eab, id, log } = options
  const { meta } = await connection.directory(connection.ownSignal)
  if (meta.externalAccountRequired && eab === undefined) {
    throw new CaProblem(
      'externalAccountRequired',
      'The CA takes only accounts that are bound to a customer of its own.',
    )
  }
  const answer = await connection
    .at('newAccount', connection.ownSignal, (url) => {
      const payload = {
        termsOfServiceAgreed: true,
        ...(contact === undefined ? {} : { contact: [`mailto:${contact}`] }),
        ...(eab === undefined ? {} : { externalAccountBinding: bindExternalAccount(eab, signer, url) }),
      }
      return connection.send({ what: 'newAccount', url, payload, signer, kid: null, signal: connection.ownSignal })
    })
    .catch(asAboutAccount)
  const kid = locationOf(answer)
  const { status } = jsonOf(answer, accountSchema)
  if (status !== 'valid') {
    throw new CaProblem('unauthorizedAccount', `The account ${kid} is ${status}: the CA takes no order from it.`)
  }
  await accounts.saveUrl(id, kid)
  log?.info({ account: id, accountUrl: kid, created: answer.status === 201 }, 'ACME account registered')
  return { signer, kid }
}
