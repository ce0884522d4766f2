/** From least to most: each may do what the one before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Who makes a request. */
export interface Principal {
  kind: 'key' | 'user'
  /** `key_…` or `user_…`; `bootstrap` is the admin key of the environment. */
  id: string
  name: string
  role: Role
  /** Whose domains this principal sees; null sees all. */
  tenant: string | null
}

/** Whoever holds the admin key of the environment. */
export const BOOTSTRAP: Principal = { kind: 'key', id: 'bootstrap', name: 'bootstrap key', role: 'admin', tenant: null }

/** @public */
export const mayActAs = (principal: Principal, role: Role): boolean =>
  ROLES.indexOf(principal.role) >= ROLES.indexOf(role)
