import type { BucketState } from '../certificate/admission.ts'
import type { BucketName } from '../certificate/limits.ts'
import type { State, StepName } from '../lifecycle/states.ts'
import type { Actor, ReasonCode } from '../reasons.ts'
import type { DomainFilter, JobFilter, JobKind } from './registry.ts'

/** What ops see of the whole fleet, and do to many domains at once. Of all tenants. */
export interface Operations {
  overview(): Promise<Overview>
  workers(): Promise<WorkerInHand[]>
  /** Whether the worker is to finish what it has and take nothing new; false when there is no such worker. */
  setDraining(name: string, draining: boolean): Promise<boolean>
  /** What matches when it is called, by the rules of the single intent: each domain is judged again under its lock. */
  actOnAll(selection: Selection, action: BulkAction, options: BulkOptions): Promise<BulkAnswer>
  /** Removes the dead letters that match; those to be replayed only if they name a domain. */
  takeDeadLetters(filter: JobFilter, action: DeadLetterAction, options: BulkOptions): Promise<DeadLettersTaken>
}

export type Selection = { domains: DomainFilter } | { jobs: JobFilter }

export const BULK_ACTIONS = ['check', 'retry', 'suspend', 'resume', 'renew', 'delete', 'cancel'] as const
export type BulkAction = (typeof BULK_ACTIONS)[number]

export const DEAD_LETTER_ACTIONS = ['replay', 'discard'] as const
export type DeadLetterAction = (typeof DEAD_LETTER_ACTIONS)[number]

export interface BulkOptions {
  /** Changes nothing: the answer says what would be. */
  dryRun: boolean
  /** When more than these match, nothing is done. */
  most: number
}

/** Why what matched was left as it is: `CHANGED` does not match any more. */
export type SkipCode = 'WRONG_STATE' | 'CHANGED' | 'MESSAGE_NOT_READABLE'

export type BulkAnswer =
  | { kind: 'done'; matched: number; applied: number; skipped: { code: SkipCode; count: number }[] }
  | { kind: 'too_many' }

/** `domainIds`: what the letters named, to be hinted again. */
export type DeadLettersTaken = { answer: BulkAnswer; domainIds: string[] }

export interface WorkerInHand {
  name: string
  slots: number
  live: boolean
  draining: boolean
  startedAt: Date
  seenAt: Date
  /** What it holds, the longest held first. */
  jobs: { domainId: string; hostname: string; step: StepName; since: Date }[]
}

/** How the fleet fares at a glance. Counts of jobs stop at 100,000. */
export interface Overview {
  asOf: Date
  domainsIn: Partial<Record<State, number>>
  /** The last 60 minutes, the oldest first. */
  launches: { minute: Date; started: number; activated: number; failed: number }[]
  /** Of what became active within the last hour. */
  timeToActive: { count: number; p50Seconds: number | null; p95Seconds: number | null }
  oldestDue: { domainId: string; hostname: string; seconds: number } | null
  troubles: { code: ReasonCode; actor: Actor; count: number }[]
  jobs: Record<JobKind, number>
  buckets: ({ ca: string; bucket: BucketName; key: string } & BucketState)[]
  authorities: { ca: string; downSince: Date | null }[]
  /** Issued certificates by the days they have left, `from` inclusive, `to` exclusive. */
  certificates: { from: number | null; to: number | null; count: number }[]
  failingRenewals: number
  workers: { live: number; slots: number; busy: number }
  /** `behind`: live ones that have not proved what their pool is at. */
  edges: { live: number; silent: number; behind: number; quarantined: number }
}
