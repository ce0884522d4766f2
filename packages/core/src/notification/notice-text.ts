import { type Actor, REASONS, type Reason, type ReasonCode } from '../reasons.ts'
import { MINUTE, SECOND } from '../clock.ts'
import type { Notice } from './group-failures.ts'

const WHO_ACTS: Record<Actor, string> = {
  customer: 'The customer must act.',
  platform: 'The platform must act.',
  operator: 'An operator must act.',
  ca: 'The certificate authority must act.',
  nobody: 'Nobody has to act.',
}

/**
 * A notice in plain words.
 *
 * Made only of the hostname, the id, the code and the table's general words: the reason's own sentence may quote a
 * token, a CA or a customer's record, and a chat is no place for what is secret or for what somebody else wrote.
 */
export function noticeText({ kind, groupKey, count, sample, gatheredMs }: Notice): string {
  if (kind === 'first') return `${sample.hostname}: ${groupKey}. ${meaning(sample.reason)} (${sample.domainId})`
  const domains = count === 1 ? '1 more domain' : `${count} more domains`
  return `${domains}: ${groupKey} in ${duration(gatheredMs)}. ${meaning(sample.reason)} The latest: ${sample.hostname}.`
}

// A row written by a newer release may carry a code that this one does not know.
function meaning({ code }: Reason): string {
  const known = (REASONS as Record<string, (typeof REASONS)[ReasonCode] | undefined>)[code]
  return known === undefined ? 'The dashboard says more.' : `${known.means} ${WHO_ACTS[known.actor]}`
}

function duration(ms: number): string {
  return ms < MINUTE ? `${Math.max(1, Math.round(ms / SECOND))} s` : `${Math.round(ms / MINUTE)} min`
}
