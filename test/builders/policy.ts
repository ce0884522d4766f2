import { DAY, type LifecyclePolicy, MINUTE } from '@mooring/core'

/** Few attempts, so that a test comes to the end of them. */
export const POLICY: LifecyclePolicy = {
  edge: { hostname: 'edge.platform.example', addresses: ['192.0.2.1'] },
  maxAttempts: 3,
  edgeRecheckMs: 1000,
  graceMs: 7 * DAY,
  reverifyMs: DAY,
  missMs: DAY,
  rotationMs: null,
  rotationGraceMs: 30 * DAY,
  suspendedMs: 30 * DAY,
  settleMs: MINUTE,
  danglingMs: 90 * DAY,
}
