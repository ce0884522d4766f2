import type { Route, Service } from '@mooring/core'
import type { Generated } from 'kysely'
import type { Json, Time, NullableTime, DefaultTime } from './columns.ts'

export interface EdgePoolRow {
  name: string
  generation: Generated<number>
}

export interface RouteRow {
  domain_id: string
  hostname: string
  edge_pool: string
  generation: number
  variant: Route['variant']
  target: Json<Route['target']>
  certificate_id: string | null
}

export interface EdgeRow {
  id: string
  name: string
  edge_pool: string
  token_hash: string
  registered_at: DefaultTime
  last_seen_at: NullableTime
  generation: Generated<number>
  server: string | null
  quarantined_at: NullableTime
}

export interface EdgeRejectionRow {
  edge_id: string
  domain_id: string
  generation: number
  detail: string
}

export interface DomainTrafficRow {
  domain_id: string
  minute: Time
  requests: number
  bytes: number
  status: number[]
  latency: number[]
}

export interface TrafficBatchRow {
  edge_id: string
  batch: string
  received_at: DefaultTime
}

export interface ServiceRow {
  name: string
  tenant: string | null
  scheme: Service['scheme']
  servers: Json<Service['servers']>
  tls_name: string | null
  health: Json<Service['health']>
  published: Json<Record<string, number>>
  created_at: DefaultTime
  updated_at: DefaultTime
}

export interface ServicePublicationRow {
  edge_pool: string
  generation: number
}
