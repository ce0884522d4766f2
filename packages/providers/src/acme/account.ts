import { generateKeyPairSync } from 'node:crypto'
import { type AcmeAccounts, CaProblem, type KeyBinding, type KeyCustody, type Log } from '@mooring/core'
import { locationOf } from './answers.ts'
import type { Directory } from './directory.ts'
import { type AccountSigner, type ExternalAccount, bindExternalAccount, createSigner } from './jws.ts'
import type { SendSigned } from './signed-requests.ts'

/** Who signs, and under which name the CA knows it. */
export interface Account {
  signer: AccountSigner
  kid: string
}

export interface AccountOptions {
  directoryUrl: string
  /** An e-mail address for the CA. */
  contact?: string | undefined
  eab?: ExternalAccount | undefined
  accounts: AcmeAccounts
  custody: KeyCustody
  log?: Log | undefined
}

interface Reach {
  directory: Directory
  send: SendSigned
  signal: AbortSignal
}

/** The fleet's account at this CA, registered by whoever needs it first. */
export async function findAccount(options: AccountOptions, reach: () => Promise<Reach>): Promise<Account> {
  const { accounts, directoryUrl } = options
  const binding = bindingOf(directoryUrl)
  // The key is stored before the CA hears of it. Of two processes that start together one wins, and both use its key;
  // registering it twice returns the same account (RFC 8555 §7.3).
  const stored =
    (await accounts.load(directoryUrl)) ?? (await accounts.save(directoryUrl, newSealedKey(options, binding)))
  const signer = createSigner(options.custody.open(stored.sealedKey, binding))
  if (stored.accountUrl !== null) return { signer, kid: stored.accountUrl }
  return register(options, signer, await reach())
}

/** Makes the account, or finds the one of this key, and stores its URL. */
export async function register(options: AccountOptions, signer: AccountSigner, reach: Reach): Promise<Account> {
  const { accounts, contact, directoryUrl, eab, log } = options
  const { newAccount, meta } = reach.directory
  if (meta.externalAccountRequired && eab === undefined) {
    throw new CaProblem(
      'externalAccountRequired',
      'The CA takes only accounts that are bound to a customer of its own.',
    )
  }
  const payload = {
    termsOfServiceAgreed: true,
    ...(contact === undefined ? {} : { contact: [`mailto:${contact}`] }),
    ...(eab === undefined ? {} : { externalAccountBinding: bindExternalAccount(eab, signer, newAccount) }),
  }
  const answer = await reach.send({ url: newAccount, payload, signer, kid: null, signal: reach.signal })
  const kid = locationOf(answer)
  await accounts.saveUrl(directoryUrl, kid)
  log?.info({ directoryUrl, accountUrl: kid, created: answer.status === 201 }, 'ACME account registered')
  return { signer, kid }
}

const bindingOf = (directoryUrl: string): KeyBinding => ({ ownerId: 'acme-account', secretId: directoryUrl })

function newSealedKey({ custody }: AccountOptions, binding: KeyBinding) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return custody.seal(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, binding)
}
