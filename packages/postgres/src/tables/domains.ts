import type {
  DnsAccountSettings,
  DnsFindings,
  Lane,
  PreviousToken,
  Reason,
  SealedKey,
  Suspension,
  Target,
  Tls,
  Verification,
} from '@mooring/core'
import type { ColumnType, Generated } from 'kysely'
import type { Json, NullableJson, NullableTime, DefaultTime, DefaultJson, Identity } from './columns.ts'

export interface DomainRow {
  id: string
  hostname: string
  tenant: string
  /** Text, not an enum: a row of a newer release may carry a state or step this one does not know. */
  state: string
  step: string
  reason: NullableJson<Reason>
  attempt: Generated<number>
  looks: Generated<number>
  gen: Generated<number>
  lane: Lane
  next_run_at: NullableTime
  hinted_until: NullableTime
  lease_token: Generated<number>
  lease_until: NullableTime
  leased_by: string | null
  target: Json<Target>
  verification: Json<StoredVerification>
  tls: Json<Tls>
  edge_pool: string
  dns: DefaultJson<DnsFindings>
  certificate_id: string | null
  reverify_at: NullableTime
  renew_at: NullableTime
  renewal_attempt: Generated<number>
  renewal_reason: NullableJson<Reason>
  holds: Generated<boolean>
  claim_era: Generated<number>
  takes_over_from: string | null
  suspension: Suspension | null
  ownership_missed_at: NullableTime
  route_generation: number | null
  metadata: DefaultJson<Record<string, unknown>>
  immediate: Generated<boolean>
  revoke: Generated<boolean>
  delete_after: NullableTime
  ended_at: NullableTime
  erased_at: NullableTime
  ownership_verified_at: NullableTime
  routing_verified_at: NullableTime
  activated_at: NullableTime
  created_at: DefaultTime
  updated_at: DefaultTime
}

/** As JSON keeps it. The release before this one knew neither routing, nor the token's age, nor rotation. */
export interface StoredVerification
  extends Pick<Verification, 'method' | 'token'>,
    Partial<Pick<Verification, 'routing'>> {
  expiresAt: string
  issuedAt?: string
  previous?: (Omit<PreviousToken, 'acceptedUntil'> & { acceptedUntil: string }) | null
}

export interface HostnameRow {
  hostname: string
  holder: string | null
  era: Generated<number>
  taken_at: NullableTime
  released_at: NullableTime
}

export interface ConsentRow {
  domain_id: string
  tenant: string
  created_at: DefaultTime
}

export interface DnsZoneRow {
  id: string
  name: string
  tenant: string | null
  account: Json<DnsAccountSettings>
  sealed_credentials: Json<SealedKey>
  created_at: DefaultTime
}

export interface EventRow {
  id: Identity
  /** See `event-stream.ts`; null before there was one. */
  tx: ColumnType<string | null, never, never>
  domain_id: string
  at: DefaultTime
  type: string
  actor: string
  data: DefaultJson<Record<string, unknown>>
}

export interface AttemptRow {
  id: Identity
  domain_id: string
  lease_token: number
  step: string
  worker: string
  started_at: DefaultTime
  finished_at: NullableTime
  outcome: Generated<'running' | 'done' | 'wait' | 'retry' | 'failed' | 'superseded' | 'lost'>
  code: string | null
  detail: string | null
  trace_id: string | null
}

/** Written by triggers (migration 0011). */
export interface DomainTroubleRow {
  domain_id: string
  code: string | null
  actor: string | null
}
