import { DAY, after } from '../clock.ts'
import type { LifecyclePolicy } from '../lifecycle/step.ts'
import { type Reason, reason } from '../reasons.ts'
import type { Domain, PreviousToken, Verification } from './domain.ts'
import { newToken } from './ownership-token.ts'

/** What a proof means for the token: where it stands in its rotation, and what the customer has to be told. */
export interface Rotation {
  /** Null leaves it as it is. */
  verification: Verification | null
  events: { type: string; data?: Record<string, unknown> }[]
  /** Why the customer must act; null when nothing is asked of anybody. */
  because: Reason | null
}

/** Before the old token ends, the customer is told this often: at the start, and then when so much is left. */
const REMINDERS_LEFT_MS = [7 * DAY, 3 * DAY, 1 * DAY]

/**
 * Decided at each proof. `by` says which token was found: the new one ends the rotation, the old one is good while it
 * lasts. A rotation by age begins here as well.
 */
export function rotate(
  domain: Pick<Domain, 'hostname' | 'verification'>,
  by: 'current' | 'previous',
  { now, policy }: { now: Date; policy: Pick<LifecyclePolicy, 'rotationMs' | 'rotationGraceMs'> },
): Rotation {
  const { verification } = domain
  const { previous } = verification
  if (previous !== null && by === 'previous') return remind(domain, previous, now)
  if (previous !== null) {
    return { verification: { ...verification, previous: null }, events: [{ type: 'ownership.rotated' }], because: null }
  }
  const age = now.getTime() - verification.issuedAt.getTime()
  // In a managed zone and at a web server that shows it once, nothing is kept that could be renewed.
  const isKept = verification.method === 'txt' || verification.method === 'cname'
  if (!isKept || policy.rotationMs === null || age < policy.rotationMs) return UNCHANGED
  return begin(domain, after(now, policy.rotationGraceMs), now)
}

const UNCHANGED: Rotation = { verification: null, events: [], because: null }

function begin(
  { hostname, verification }: Pick<Domain, 'hostname' | 'verification'>,
  until: Date,
  now: Date,
): Rotation {
  const previous = { token: verification.token, acceptedUntil: until, reminders: 0 }
  const data = { accepted_until: until.toISOString() }
  return {
    verification: { ...verification, token: newToken(), issuedAt: now, previous },
    events: [{ type: 'ownership.rotation_started', data }],
    because: rotating(hostname, until),
  }
}

function remind(
  { hostname, verification }: Pick<Domain, 'hostname' | 'verification'>,
  previous: PreviousToken,
  now: Date,
) {
  const { acceptedUntil } = previous
  const leftMs = acceptedUntil.getTime() - now.getTime()
  const reminders = REMINDERS_LEFT_MS.filter((ms) => leftMs <= ms).length
  const because = rotating(hostname, acceptedUntil)
  if (reminders <= previous.reminders) return { verification: null, events: [], because }
  const data = { accepted_until: acceptedUntil.toISOString(), reminder: reminders }
  return {
    verification: { ...verification, previous: { ...previous, reminders } },
    events: [{ type: 'ownership.rotation_reminder', data }],
    because,
  }
}

const rotating = (hostname: string, until: Date): Reason =>
  reason(
    'OWNERSHIP_ROTATING',
    `${hostname} has a new ownership token. Replace the record's value by the new one before ${until.toISOString()}; the old one is good until then.`,
  )
