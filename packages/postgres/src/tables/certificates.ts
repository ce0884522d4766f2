import type { BucketName, Certificate, ChallengeType, Reservation, SealedKey } from '@mooring/core'
import type { Generated } from 'kysely'
import type { Json, NullableJson, Time, NullableTime, DefaultTime } from './columns.ts'

export interface CertificateRow {
  id: string
  domain_id: string
  issuer: string
  status: Certificate['status']
  sealed_key: Json<SealedKey>
  csr: Buffer
  order_url: string | null
  chain_pem: string | null
  serial: string | null
  not_before: NullableTime
  not_after: NullableTime
  renew_at: NullableTime
  parked_at: NullableTime
  reserved: NullableJson<Reservation[]>
  window_start: NullableTime
  window_end: NullableTime
  ask_again_at: NullableTime
  created_at: DefaultTime
}

/** Written by triggers (migration 0011). */
export interface CertificateEndRow {
  domain_id: string
  certificate_id: string
  tenant: string
  state: string
  not_before: NullableTime
  not_after: Time
}

export interface ChallengeRow {
  token: string
  type: Generated<ChallengeType>
  domain_id: string
  certificate_id: string | null
  hostname: string
  key_authorization: string | null
  name: string | null
  value: string | null
  created_at: DefaultTime
}

export interface BudgetRow {
  ca: string
  bucket: BucketName
  key: string
  tat: DefaultTime
  reserved: Generated<number>
  line: DefaultTime
  blocked_until: DefaultTime
  unpause_url: string | null
  failures: Generated<number>
}

export interface HealthRow {
  ca: string
  failures: Generated<number>
  down_since: NullableTime
  probe_at: NullableTime
}

export interface AcmeAccountRow {
  directory_url: string
  sealed_key: Json<SealedKey>
  next_sealed_key: NullableJson<SealedKey>
  account_url: string | null
  deactivated_at: NullableTime
  created_at: DefaultTime
}
