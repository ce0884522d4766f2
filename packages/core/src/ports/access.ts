import type { Principal, Role } from '../access/principal.ts'
import type { Page, Paged } from './registry.ts'

/** A key as it is shown: never its secret. */
export interface ApiKey {
  id: string
  name: string
  role: Role
  /** Whose domains it sees; null sees all. */
  tenant: string | null
  createdAt: Date
  /** The name of whoever made it. */
  createdBy: string
  expiresAt: Date | null
  /** To the minute. */
  lastUsedAt: Date | null
  revokedAt: Date | null
}

export interface ApiKeyStore {
  create(
    key: Pick<ApiKey, 'id' | 'name' | 'role' | 'tenant' | 'createdBy' | 'expiresAt'> & { hash: string },
  ): Promise<ApiKey>
  /** Whoever holds the key; null for one that is not known, revoked or past its time. Asked at every request. */
  authenticate(key: { id: string; hash: string }): Promise<Principal | null>
  /** Newest first. */
  list(page: Page): Promise<Paged<ApiKey>>
  /** From now on it is good for nothing, nor is any session that it began. False when there is no such key. */
  revoke(id: string): Promise<boolean>
}

/** A person, as shown. */
export interface User {
  id: string
  email: string
  name: string
  role: Role
  createdAt: Date
  disabledAt: Date | null
  /** To the minute. */
  lastSeenAt: Date | null
}

/** Who an identity provider says a person is. */
export interface OidcIdentity {
  issuer: string
  subject: string
  email: string
  name: string
  role: Role
}

export interface UserChange {
  name?: string | undefined
  role?: Role | undefined
  passwordHash?: string | undefined
  disabled?: boolean | undefined
}

export interface UserStore {
  /** Local; null when another local user has the address. */
  create(user: Pick<User, 'id' | 'email' | 'name' | 'role'> & { passwordHash: string | null }): Promise<User | null>
  /** Makes the user unless there is a local admin; false when there is one. */
  createFirstAdmin(user: Pick<User, 'id' | 'email' | 'name'> & { passwordHash: string }): Promise<boolean>
  /** Whether there is a local admin who may sign in. */
  hasLocalAdmin(): Promise<boolean>
  /** A local user with a password, not disabled. */
  findLocal(email: string): Promise<{ id: string; passwordHash: string } | null>
  /** Makes or renews whom the provider vouches for, with the role that it says; null for one who is disabled here. */
  admit(id: string, identity: OidcIdentity): Promise<User | null>
  /** Newest first. */
  list(page: Page): Promise<Paged<User>>
  /** Another password ends all sessions, as does disabling. `managed`: name, role and password are the provider's. */
  change(id: string, change: UserChange): Promise<User | 'managed' | null>
  /** With all sessions. False when there is no such user. */
  remove(id: string): Promise<boolean>
}

/** On whose behalf a browser is signed in: a user's, a key's, or neither for the environment's key. */
export interface NewSession {
  hash: string
  userId: string | null
  keyId: string | null
  /** What idempotency keys count under. */
  credential: string
}

export interface SessionStore {
  start(session: NewSession): Promise<void>
  /**
   * Whose it is, with the role of now; null when it is over, by its own time or its owner's. `principal` is null for the
   * environment's key: whether `credential` is still that key's is for the caller to say.
   */
  find(hash: string): Promise<{ credential: string; principal: Principal | null } | null>
  end(hash: string): Promise<void>
}
