import { AppError, type Lease } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { isHeld } from './lease.ts'
import type { Tables } from './tables.ts'

export interface Written {
  /** 1 under the lease, 0 when it was lost. */
  held: number
  certificate: string | null
}

/**
 * One statement, whose first part locks the domain's row under the lease's token. A worker that was overtaken finds no
 * row there, writes nothing, and gets `STALE_LEASE`; one that is overtaken at this very moment holds the lock, so that
 * the newer claim comes after its write and sees it.
 */
export async function writeUnder(kysely: Kysely<Tables>, lease: Lease, changes: RawBuilder<unknown>): Promise<Written> {
  const { rows } = await sql<Written>`
    with held as (
      select id, hostname, tenant, certificate_id from domains
      where ${isHeld(lease)}
      for no key update
    ), ${changes}`.execute(kysely)
  const written = rows[0]
  if (written === undefined || written.held === 0) throw staleLease(lease)
  return written
}

export const staleLease = ({ domainId, token }: Lease): AppError =>
  new AppError('STALE_LEASE', 'A newer worker owns this domain.', { facts: { domainId, token } })

export const notOpen = (certificateId: string): AppError =>
  new AppError('CONFLICT', 'This certificate is not being ordered.', { facts: { certificateId } })

export const notIssued = (certificateId: string): AppError =>
  new AppError('CONFLICT', 'This domain has no such certificate.', { facts: { certificateId } })
