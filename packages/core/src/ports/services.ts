import type { Service } from '../edge/service.ts'

/** A service with how far the edges are with its last change. */
export interface StoredService extends Service {
  createdAt: Date
  updatedAt: Date
  edges: {
    /** How many have it. */
    applied: number
    /** Names of live edges that do not yet. */
    pending: string[]
    /** Names of edges without a heartbeat that do not yet. */
    silent: string[]
  }
}

export interface ServiceStore {
  /**
   * Makes the service what it says here, and tells the edges of all pools. `in_use` when it is taken from a tenant whose
   * domains use it; `too_many` above `MOST_SERVICES`.
   */
  put(service: Service): Promise<'created' | 'changed' | 'unchanged' | 'in_use' | 'too_many'>
  /** By name. */
  find(name: string): Promise<StoredService | null>
  /** By name in their order. */
  list(): Promise<StoredService[]>
  /** `in_use` while domains that are not deprovisioned have it as their target. */
  remove(name: string): Promise<'removed' | 'in_use' | 'not_found'>
}
