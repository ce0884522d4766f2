import type { Job } from '@mooring/client'
import type { Page } from './page.ts'

export type { Bucket, Edge, Job, Limits, ListedCertificate as Certificate, Worker } from '@mooring/client'

export const JOB_KINDS = ['due', 'running', 'waiting', 'failed', 'dead'] as const

export interface Jobs extends Page<Job> {
  counts: Partial<Record<Job['kind'], number>>
}
