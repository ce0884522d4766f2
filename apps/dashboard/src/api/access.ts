import type { AuditVerdict, Session } from '@mooring/client'

export type { ApiKey, AuditEntry, Session, User } from '@mooring/client'

export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

export type Principal = Session['principal']

export interface AuditChains {
  chains: AuditVerdict[]
}
