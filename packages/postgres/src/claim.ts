import { type ClaimAnswer, STATES, STEP_NAMES } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { type DomainRow, toDomain } from './domain-row.ts'
import { isDue, milliseconds } from './due.ts'
import type { Tables } from './tables.ts'

interface Claim {
  domainId: string
  worker: string
  leaseMs: number
}

// A row whose state or step this release does not know belongs to a newer one that runs beside it.
const isKnown = sql<boolean>`domains.state = any(${STATES}) and domains.step = any(${STEP_NAMES})`

/** See `DomainStore.claim`. */
export async function claim({ kysely, log }: Database, { domainId, worker, leaseMs }: Claim): Promise<ClaimAnswer> {
  const row = await claimRow(kysely, { domainId, worker, leaseMs })
  if (row !== null) {
    return {
      kind: 'claimed',
      lease: { domainId, token: row.lease_token, gen: row.gen, worker },
      domain: toDomain(row),
      ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
    }
  }
  const foreign = await dueButUnknown(kysely, domainId)
  if (foreign !== null) log.warn({ domainId, ...foreign }, 'unknown state or step, left to a newer release')
  return { kind: 'not_due' }
}

type ClaimedRow = DomainRow & { traceparent: string | null }

/**
 * One UPDATE decides: of any number of workers that arrive together, the first takes the row's lock, and the others
 * find its lease when they have waited. The attempt is counted here, so that a worker that dies counts too; what a
 * dead predecessor left running is closed as lost.
 */
async function claimRow(kysely: Kysely<Tables>, { domainId, worker, leaseMs }: Claim): Promise<ClaimedRow | null> {
  const { rows } = await sql<ClaimedRow>`
    with claimed as (
      update domains
      set lease_token = lease_token + 1,
          lease_until = now() + ${milliseconds(leaseMs)},
          leased_by = ${worker},
          attempt = attempt + 1,
          hinted_until = null
      where id = ${domainId} and ${isDue} and ${isKnown}
      returning *
    ), lost as (
      update attempts
      set outcome = 'lost', finished_at = clock_timestamp()
      from claimed
      where attempts.domain_id = claimed.id and attempts.outcome = 'running'
    ), opened as (
      insert into attempts (domain_id, lease_token, step, worker)
      select id, lease_token, step, leased_by from claimed
    )
    select claimed.*, domain_traces.traceparent
    from claimed left join domain_traces on domain_traces.domain_id = claimed.id
  `.execute(kysely)
  return rows[0] ?? null
}

async function dueButUnknown(
  kysely: Kysely<Tables>,
  domainId: string,
): Promise<{ state: string; step: string } | null> {
  const { rows } = await sql<{ state: string; step: string }>`
    select state, step from domains where id = ${domainId} and ${isDue} and not (${isKnown})
  `.execute(kysely)
  return rows[0] ?? null
}
