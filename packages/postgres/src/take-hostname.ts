import { type Hostname, type Lease, type State, after, hostnameMoved, hostnameTaken, newToken } from '@mooring/core'
import { type Transaction, sql } from 'kysely'
import { toVerification } from './domain-row.ts'
import { notifyDue } from './due.ts'
import type { LockedHostname } from './hostnames.ts'
import type { StoredVerification } from './tables/domains.ts'
import type { Tables } from './tables.ts'

/**
 * A claim has proved the hostname, whose row is locked: it holds it from now on.
 *
 * - the claim that held it lets go: it hands over to this one, and leaves
 * - every other claim gets a fresh token, so that no record that is in DNS now takes the name from anybody: it moves by
 *   a proof that is newer than the holder's, or not at all
 *
 * Both get a newer `gen`: whatever a worker is about to record of them was decided before this, and does not stand. Of
 * fifty claims that are proved at the same moment, the first to get the lock takes the name; the other forty-nine wait
 * there, and find their own `gen` raised when they come through.
 *
 * Does nothing for a lease that is lost or overruled, nor for a claim that holds the name already, as after an answer
 * that was lost on its way.
 */
export async function takeHostname(
  transaction: Transaction<Tables>,
  lease: Lease,
  { hostname, era: before }: LockedHostname,
): Promise<void> {
  const claims = await lockClaims(transaction, hostname)
  const own = claims.find(({ id }) => id === lease.domainId)
  if (own === undefined || own.lease_token !== lease.token || own.gen !== lease.gen || own.holds) return
  // Whoever raises the era raises the `gen` of every older claim with it.
  if (own.claim_era < before) throw new Error(`the claim ${own.id} was proved by a token older than its hostname’s era`)

  const era = before + 1
  const others = claims.filter((claim) => claim !== own)
  const past = others.filter((claim) => claim.holds || !CLAIMING.includes(claim.state))
  await handOver(transaction, hostname, past)
  await renewTokens(transaction, { hostname, era, claims: others.filter((claim) => !past.includes(claim)) })
  await install(transaction, { hostname, era, id: own.id, isMoved: others.some(({ holds }) => holds) })
}

/** Where a claim has proved nothing that counts. */
const CLAIMING: readonly State[] = ['pending', 'verifying', 'failed']

interface ClaimRow {
  id: string
  state: State
  holds: boolean
  claim_era: number
  gen: number
  lease_token: number
  verification: StoredVerification
  created_at: Date
}

/** In the order of their ids, as an edge's report locks them. A claim that holds nothing and is leaving has no part in it. */
async function lockClaims(transaction: Transaction<Tables>, hostname: Hostname): Promise<ClaimRow[]> {
  const { rows } = await sql<ClaimRow>`
    select id, state, holds, claim_era, gen, lease_token, verification, created_at
    from domains
    where hostname = ${hostname} and (holds or state not in ('deprovisioning', 'deprovisioned'))
    order by id
    for no key update
  `.execute(transaction)
  return rows
}

/**
 * A domain that is leaving already goes on at its step, without a grace. One that an older release let go of without
 * saying so (`deprovisioned`) only ceases to hold.
 */
async function handOver(transaction: Transaction<Tables>, hostname: Hostname, claims: ClaimRow[]): Promise<void> {
  if (claims.length === 0) return
  const reason = JSON.stringify(hostnameMoved({ hostname }))
  await sql`
    with before as (
      select id, state, holds from domains where id = any(${claims.map(({ id }) => id)})
    ), ceased as (
      update domains set holds = false, updated_at = now()
      from before where domains.id = before.id and before.state = 'deprovisioned'
    ), moved as (
      update domains
      set holds = false, state = 'deprovisioning',
          step = case when before.state = 'deprovisioning' then domains.step else 'hand_over' end,
          delete_after = case when before.state = 'deprovisioning' then domains.delete_after end,
          immediate = true, suspension = null, takes_over_from = null, reason = ${reason}::jsonb, attempt = 0,
          gen = domains.gen + 1, next_run_at = now(), hinted_until = null, lane = 'normal', updated_at = now()
      from before
      where domains.id = before.id and before.state <> 'deprovisioned'
      returning domains.id, before.state as came_from, before.holds as held
    ), told as (
      insert into events (domain_id, type, actor, data)
      select id, type, 'mooring', data
      from (
        select id, 0 as place, 'domain.moved' as type, '{"to": "another account"}'::jsonb as data from moved where held
        union all
        select id, 1, 'domain.deprovisioning', jsonb_build_object('from', came_from, 'because', 'moved')
        from moved where came_from <> 'deprovisioning'
      ) as happened
      order by place
    )
    select ${notifyDue} from moved
  `.execute(transaction)
}

/** Long enough for the old token to be known as such: a look at once would find what was just overruled. */
const LOOK_AGAIN = sql`interval '30 seconds'`

/** A claim that had got further than its proof begins with it again; one in a managed zone writes its record anew. */
async function renewTokens(
  transaction: Transaction<Tables>,
  { hostname, era, claims }: { hostname: Hostname; era: number; claims: ClaimRow[] },
): Promise<void> {
  if (claims.length === 0) return
  const renewed = claims.map((claim) => renew(claim, hostname, new Date()))
  await sql`
    with lost as (
      update domains
      set claim_era = ${era}, verification = renewed.verification, reason = renewed.reason,
          state = case when domains.state = 'failed' then 'failed' else renewed.state end, step = renewed.step,
          ownership_verified_at = null, ownership_missed_at = null, dns = domains.dns - 'ownership',
          attempt = 0, looks = 0, gen = domains.gen + 1, hinted_until = null, lane = 'normal', updated_at = now(),
          next_run_at = case when domains.state = 'failed' then null else now() + ${LOOK_AGAIN} end
      from jsonb_to_recordset(${JSON.stringify(renewed)}::jsonb)
        as renewed (id text, state text, step text, verification jsonb, reason jsonb)
      where domains.id = renewed.id
      returning domains.id, domains.reason
    ), told as (
      insert into events (domain_id, type, actor, data)
      select id, 'domain.claim_lost', 'mooring', jsonb_build_object('reason', reason) from lost
    )
    select ${notifyDue} from lost
  `.execute(transaction)
}

function renew({ id, state, verification: stored, created_at }: ClaimRow, hostname: Hostname, now: Date) {
  const before = toVerification(stored, created_at)
  const lifetimeMs = before.expiresAt.getTime() - before.issuedAt.getTime()
  const isWritten = before.method === 'managed' || state === 'pending'
  return {
    id,
    state: isWritten ? 'pending' : 'verifying',
    step: isWritten ? 'accept' : 'verify_ownership',
    verification: {
      ...before,
      token: newToken(),
      issuedAt: now,
      expiresAt: after(now, lifetimeMs),
      previous: null,
    },
    reason: hostnameTaken({ hostname, state, verification: before }),
  }
}

/** Last, because a hostname is held once: nobody else does any more. */
async function install(
  transaction: Transaction<Tables>,
  { hostname, era, id, isMoved }: { hostname: Hostname; era: number; id: string; isMoved: boolean },
): Promise<void> {
  await sql`
    with named as (
      update hostnames set holder = ${id}, era = ${era}, taken_at = now() where hostname = ${hostname}
    ), holding as (
      update domains
      set holds = true, claim_era = ${era},
          -- Whoever's route is out: the claim that held the name may itself have taken it over and not got so far.
          takes_over_from = (
            select domain_id from routes
            where routes.hostname = ${hostname} and variant <> 'removed' and domain_id <> ${id}
            order by routes.edge_pool = domains.edge_pool desc
            limit 1
          )
      where id = ${id}
    )
    insert into events (domain_id, type, actor, data)
    select ${id}, 'domain.moved', 'mooring', '{"from": "another account"}'::jsonb where ${isMoved}::boolean
  `.execute(transaction)
}
