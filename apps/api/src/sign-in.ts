import {
  BOOTSTRAP,
  type Clock,
  isPassword,
  makeSessionToken,
  MINUTE,
  type Principal,
  readApiKey,
  type User,
} from '@mooring/core'
import { isAdminKey, nameOf } from './authentication.ts'
import { createFailureLimit } from './failure-limit.ts'
import type { Access } from './open-access.ts'
import { unauthorized } from './problem.ts'

/** Either a key, or an address with a password. */
interface Credentials {
  email?: string | undefined
  password?: string | undefined
  key?: string | undefined
}

export interface SignedIn {
  /** The cookie's value. */
  token: string
  principal: Principal
}

/** Throws `UNAUTHORIZED`, and `RATE_LIMITED` after too many failures of the account or from the address. */
export type SignIn = (credentials: Credentials, address: string) => Promise<SignedIn>

const WINDOW_MS = 15 * MINUTE
const MOST_OF_ACCOUNT = 10
const MOST_OF_ADDRESS = 50

/** Every answer to a wrong password takes as long as to a right one, whether there is such a user or not. */
export function createSignIn({ access, clock, adminKey }: { access: Access; clock: Clock; adminKey: string }): SignIn {
  const ofAccount = createFailureLimit(MOST_OF_ACCOUNT, WINDOW_MS, clock)
  const ofAddress = createFailureLimit(MOST_OF_ADDRESS, WINDOW_MS, clock)

  async function byPassword(email: string, password: string): Promise<SignedIn> {
    const account = email.toLowerCase()
    ofAccount.assertBelow(account)
    ofAccount.note(account)
    const user = await access.users.findLocal(account)
    const isRight = await isPassword(password, user?.passwordHash ?? null)
    if (user === null || !isRight) throw unauthorized('The e-mail address or the password is not right.')
    ofAccount.forget(account)
    return startUserSession(access, user)
  }

  async function byKey(key: string): Promise<SignedIn> {
    if (isAdminKey(key, adminKey))
      return start(access, { userId: null, keyId: null, credential: nameOf(key) }, BOOTSTRAP)
    const read = readApiKey(key)
    const principal = read.kind === 'key' ? await access.keys.authenticate(read) : null
    if (principal === null) throw unauthorized('The API key is not known, revoked, past its time, or mistyped.')
    return start(access, { userId: null, keyId: principal.id, credential: nameOf(key) }, principal)
  }

  return async ({ email = '', password = '', key }, address) => {
    ofAddress.assertBelow(address)
    ofAddress.note(address)
    const signedIn = key === undefined ? await byPassword(email, password) : await byKey(key)
    ofAddress.takeBack(address)
    return signedIn
  }
}

/** For somebody who has shown who he is, here or at an identity provider. */
export async function startUserSession(access: Access, { id }: Pick<User, 'id'>): Promise<SignedIn> {
  return start(access, { userId: id, keyId: null, credential: nameOf(id) }, null)
}

/** Always a token that nobody has seen: one that was planted before the sign-in is worth nothing after it. */
async function start(
  access: Access,
  owner: { userId: string | null; keyId: string | null; credential: string },
  principal: Principal | null,
): Promise<SignedIn> {
  const { token, hash } = makeSessionToken()
  await access.sessions.start({ hash, ...owner })
  const known = principal ?? (await access.sessions.find(hash))?.principal ?? null
  // Disabled or removed in between.
  if (known === null) throw unauthorized('The session is over. Sign in again.')
  return { token, principal: known }
}
