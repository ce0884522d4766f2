import type { Time, NullableTime, DefaultTime } from './columns.ts'

export interface ApiKeyRow {
  id: string
  key_hash: string
  name: string
  role: string
  tenant: string | null
  created_at: DefaultTime
  created_by: string
  expires_at: NullableTime
  last_used_at: NullableTime
  revoked_at: NullableTime
}

export interface UserRow {
  id: string
  email: string
  name: string
  role: string
  password_hash: string | null
  oidc_issuer: string | null
  oidc_subject: string | null
  created_at: DefaultTime
  disabled_at: NullableTime
  last_seen_at: NullableTime
}

export interface SessionRow {
  token_hash: string
  user_id: string | null
  key_id: string | null
  credential: string
  created_at: DefaultTime
  used_at: DefaultTime
  expires_at: Time
}
