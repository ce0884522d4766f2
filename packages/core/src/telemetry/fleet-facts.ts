import type { BucketState } from '../certificate/admission.ts'
import type { BucketName } from '../certificate/limits.ts'
import type { JobKind } from '../ports/registry.ts'

/** How the fleet fares, as the database knows it. Counts stop at a bound: a gauge need not read a million rows. */
export interface FleetFacts {
  /** Seconds for which the oldest due work has waited; 0 when nothing waits. */
  oldestDueSeconds: number
  jobs: Record<JobKind, number>
  workers: { live: number; slots: number }
  /** Of active domains, by the most days they have left; those with more days than the last bucket are not counted. */
  certificates: { daysLeft: number; count: number }[]
  /** Of active domains: certificates with less than a tenth of their lifetime left. */
  expiringCertificates: number
  failingRenewals: number
  edges: { name: string; pool: string; live: boolean; generation: number; lag: number }[]
  /** Buckets that are in use, the emptiest of each kind first. */
  buckets: ({ ca: string; bucket: BucketName } & BucketState)[]
  /** Every authority that failed lately. */
  authorities: { ca: string; isDown: boolean }[]
}
