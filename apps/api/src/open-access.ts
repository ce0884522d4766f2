import { type ApiKeyStore, hashPassword, newUserId, type SessionStore, type UserStore } from '@mooring/core'
import {
  assertRowSecurity,
  createApiKeyStore,
  createSessionStore,
  createUserStore,
  type Database,
} from '@mooring/postgres'
import type { Logger } from '@mooring/runtime'
import type { AccessSettings } from './access-settings.ts'
import { createHostCookie, type HostCookie } from './cookies.ts'
import { createOidc, type Oidc } from './oidc.ts'

/** Who is known, and how they show who they are. */
export interface Access {
  keys: ApiKeyStore
  users: UserStore
  sessions: SessionStore
  cookie: HostCookie
  /** Of the way to the identity provider and back. */
  oidcCookie: HostCookie
  oidc: Oidc | null
  publicUrl: URL | null
  requestsPerMinute: number
}

const ROUND_TRIP_MS = 10 * 60_000

/** Throws where the database would not keep tenants apart. Makes the first admin where one is asked for and none is there. */
export async function openAccess(database: Database, settings: AccessSettings, log: Logger): Promise<Access> {
  await assertRowSecurity(database)
  const access = accessTo(database, settings)
  const { firstAdmin } = settings
  if (firstAdmin !== null && !(await access.users.hasLocalAdmin())) {
    const { email, password } = firstAdmin
    const admin = { id: newUserId(), email, name: email, passwordHash: await hashPassword(password) }
    if (await access.users.createFirstAdmin(admin)) log.info({ userId: admin.id }, 'first admin made')
  }
  return access
}

/** The same without a look at the database. */
export function accessTo(database: Database, settings: Omit<AccessSettings, 'firstAdmin'>): Access {
  const { publicUrl, oidc, session, requestsPerMinute } = settings
  return {
    keys: createApiKeyStore(database),
    users: createUserStore(database),
    sessions: createSessionStore(database, session),
    cookie: createHostCookie(publicUrl, { name: 'mooring', sameSite: 'strict', maxAgeMs: session.absoluteMs }),
    // The provider sends the browser back, which is a navigation from another site: a strict cookie would stay behind.
    oidcCookie: createHostCookie(publicUrl, { name: 'mooring-oidc', sameSite: 'lax', maxAgeMs: ROUND_TRIP_MS }),
    oidc: oidc === null ? null : createOidc(oidc),
    publicUrl,
    requestsPerMinute,
  }
}
