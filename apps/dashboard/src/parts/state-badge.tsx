import { words } from './words.ts'

const TONES: Record<string, 'good' | 'busy' | 'warn' | 'bad' | 'calm'> = {
  active: 'good',
  ok: 'good',
  issued: 'good',
  done: 'good',
  sent: 'good',
  delivered: 'good',
  live: 'good',
  verifying: 'busy',
  verified: 'busy',
  provisioning_cert: 'busy',
  pending: 'busy',
  running: 'busy',
  ordering: 'busy',
  due: 'busy',
  draining: 'warn',
  suspended: 'warn',
  deprovisioning: 'warn',
  mismatch: 'warn',
  late: 'warn',
  unknown: 'calm',
  wait: 'calm',
  waiting: 'calm',
  retry: 'warn',
  missing: 'bad',
  failed: 'bad',
  dead: 'bad',
  problem: 'bad',
  urgent: 'bad',
  expired: 'bad',
  lost: 'bad',
  silent: 'bad',
  refused: 'bad',
  quarantined: 'warn',
}

/** A state in words, with a colour that repeats what the word says. */
export function StateBadge({ state }: { state: string }) {
  return <span className={`badge ${TONES[state] ?? 'calm'}`}>{words(state)}</span>
}
