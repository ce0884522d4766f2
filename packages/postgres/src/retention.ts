import { DAY } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { milliseconds } from './due.ts'
import { erased } from './erase.ts'
import type { Tables } from './tables.ts'

/** How long what is kept, in milliseconds. */
export interface Retention {
  /** A deprovisioned domain with all that belongs to it. Its `hostnames` row stays for good. */
  historyMs: number
  /** Metadata and target of a deprovisioned domain. */
  personalMs: number
  /** Certificates of domains that left, for their return; and revoked ones. */
  parkedMs: number
  /** What each look and step came to. Without a limit, a name that is proved again every day would fill the table. */
  attemptsMs: number
  /** Traffic by the minute. */
  trafficMs: number
  /** Rows of the audit. */
  auditMs: number
  /** Their names, addresses, and what people typed. */
  auditPersonalMs: number
}

const BATCH = 10_000
// Rows in a dozen tables go with each domain.
const BATCH_OF_DOMAINS = 1_000

// Edges that were away for less serve it until they have proved the one after it.
const SUPERSEDED_KEPT_MS = DAY

/**
 * The sealed key goes with its row. A route that still names the certificate is served somewhere, and who shares a
 * wildcard moves on to the next one in its own time: not yet.
 */
export async function removeOldCertificates(kysely: Kysely<Tables>, { parkedMs }: Retention): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from certificates where id in (
      select id from certificates c
      where ((parked_at < now() - ${milliseconds(parkedMs)} and status in ('parked', 'revoked'))
          or (parked_at < now() - ${milliseconds(SUPERSEDED_KEPT_MS)} and status = 'superseded'))
        and not exists (select from routes r where r.certificate_id = c.id)
        and not exists (select from domains d where d.certificate_id = c.id)
      limit ${BATCH}
    )`.execute(kysely)
  return Number(numAffectedRows ?? 0)
}

/** A bucket that is full and closed to nobody is as one without a row. Failures are remembered for a while longer. */
export async function removeFullBudgets(kysely: Kysely<Tables>): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from ca_budgets
    where tat < now() and line < now() and reserved = 0 and unpause_url is null
      and blocked_until < now() - case when failures = 0 then interval '1 day' else interval '30 days' end
  `.execute(kysely)
  return Number(numAffectedRows ?? 0)
}

export async function removeOldAttempts(kysely: Kysely<Tables>, { attemptsMs }: Retention): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from attempts where id in (
      select id from attempts
      where outcome <> 'running' and finished_at < now() - ${milliseconds(attemptsMs)}
      order by finished_at
      limit ${BATCH}
    )`.execute(kysely)
  return Number(numAffectedRows ?? 0)
}

// As the indexes `domains_ended` and `domains_unerased` have it: a release before this one wrote no `ended_at`.
const ENDED_AT = sql`coalesce(ended_at, updated_at)`

export async function eraseLongGone(kysely: Kysely<Tables>, { personalMs }: Retention): Promise<number> {
  const { rows } = await sql`
    with ${erased(
      sql`
        select * from domains
        where state = 'deprovisioned' and erased_at is null and ${ENDED_AT} < now() - ${milliseconds(personalMs)}
        order by ${ENDED_AT}
        limit ${BATCH_OF_DOMAINS}
        for no key update skip locked`,
      'mooring',
    )}
    select id from erased`.execute(kysely)
  return rows.length
}

/** Events, attempts, routes and whatever else belongs to a domain goes with its row; its certificates are named here. */
export async function forgetLongGone(kysely: Kysely<Tables>, { historyMs }: Retention): Promise<number> {
  const { numAffectedRows } = await sql`
    with ended as (
      select id from domains
      where state = 'deprovisioned' and not holds and ${ENDED_AT} < now() - ${milliseconds(historyMs)}
        and not exists (
          select from certificates c join domains sharing on sharing.certificate_id = c.id
          where c.domain_id = domains.id and sharing.id <> domains.id
        )
      order by ${ENDED_AT}
      limit ${BATCH_OF_DOMAINS}
      for update skip locked
    ), forgotten as (
      delete from certificates using ended where certificates.domain_id = ended.id
    )
    delete from domains using ended where domains.id = ended.id`.execute(kysely)
  return Number(numAffectedRows ?? 0)
}
