import type { Domain, Traffic } from '@mooring/client'

export type { Attempt, Diagnosis, DnsRecord, Domain, DomainEvent, Reason, Target } from '@mooring/client'

export const STATES = [
  'pending',
  'verifying',
  'verified',
  'provisioning_cert',
  'active',
  'suspended',
  'deprovisioning',
  'deprovisioned',
  'failed',
] as const satisfies readonly Domain['state'][]

export const ACTORS = ['customer', 'platform', 'operator', 'ca', 'nobody'] as const

export type TrafficMinute = Traffic['data'][number]
