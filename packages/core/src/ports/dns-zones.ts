import type { DnsZone, StoredDnsZone } from '../dns/dns-zone.ts'
import type { Hostname } from '../domain/hostname.ts'
import type { DnsProvider } from './dns-provider.ts'

export interface DnsZoneStore {
  /** `exists` when the zone's name is registered already. */
  create(zone: StoredDnsZone): Promise<'created' | 'exists'>
  find(id: string): Promise<DnsZone | null>
  list(): Promise<DnsZone[]>
  /** `in_use` while domains that are not deprovisioned have their records in it. */
  remove(id: string): Promise<'removed' | 'in_use' | 'not_found'>
  /** The zone with the longest name that holds the hostname and is open to the tenant. */
  holding(hostname: Hostname, tenant: string): Promise<StoredDnsZone | null>
}

/** A managed zone, ready for use. */
export interface ManagedZone {
  id: string
  /** Its apex. */
  name: string
  provider: DnsProvider
}

export interface ManagedZones {
  /** See `DnsZoneStore.holding`. */
  holding(hostname: Hostname, tenant: string): Promise<ManagedZone | null>
}
