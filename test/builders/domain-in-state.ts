import type { Domain, State } from '@mooring/core'
import type { Database } from '@mooring/postgres'
import { sql } from 'kysely'
import { storeDueDomain } from './due-domain.ts'

/** A step in each state; where the state is one of rest, the step it rests at. */
export const STEP_IN: Record<State, Domain['step']> = {
  pending: 'accept',
  verifying: 'verify_ownership',
  verified: 'settle',
  provisioning_cert: 'confirm_route',
  active: 'reverify',
  suspended: 'await_return',
  deprovisioning: 'sit_out_grace',
  deprovisioned: 'watch_dangling',
  failed: 'finalize_order',
}

const WAITING = { code: 'DNS_TXT_MISSING', message: 'Not there.', actor: 'customer' } as const

/**
 * A domain in the state, looked at again in an hour where the state has something to look at, and with everything on
 * that an intent resets. Returns its id.
 */
export async function storeDomainIn(
  database: Database,
  state: State,
  overrides: Partial<Domain> = {},
): Promise<string> {
  const { id } = await storeDueDomain(database, {
    state,
    step: STEP_IN[state],
    attempt: 3,
    lane: 'normal',
    reason: state === 'active' ? null : WAITING,
    ...overrides,
  })
  const rests = state === 'failed' || state === 'deprovisioned'
  await sql`
    update domains
    set next_run_at = ${rests ? null : new Date(Date.now() + 3_600_000)}, hinted_until = now() + interval '30 s', looks = 5
    where id = ${id}
  `.execute(database.kysely)
  return id
}
