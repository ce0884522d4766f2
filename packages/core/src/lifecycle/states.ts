/**
 * The public states, stored as text. A row whose state this release does not know is left alone with a warning, so that
 * two releases can run side by side.
 */
export const STATES = [
  'pending',
  'verifying',
  'verified',
  'provisioning_cert',
  'active',
  'suspended',
  'deprovisioning',
  'deprovisioned',
  'failed',
] as const

export type State = (typeof STATES)[number]

/** Every step, in the order a domain meets them. Each is a file in `steps/`. */
export const STEP_NAMES = [
  'accept',
  'verify_ownership',
  'verify_routing',
  'settle',
  'order_certificate',
  'validate_order',
  'finalize_order',
  'publish_route',
  'confirm_route',
  'confirm_change',
  'reverify',
  'plan_renewal',
  'order_renewal',
  'validate_renewal',
  'finalize_renewal',
  'publish_renewal',
  'confirm_renewal',
  'publish_holding',
  'confirm_holding',
  'await_return',
  'republish_route',
  'confirm_return',
  'hand_over',
  'withdraw_route',
  'confirm_withdrawal',
  'remove_records',
  'sit_out_grace',
  'revoke_certificate',
  'release',
  'watch_dangling',
] as const

export type StepName = (typeof STEP_NAMES)[number]

/** Where a domain may rest: what is due there, if anything, is a look at what stands. */
export const RESTING_STATES: readonly State[] = ['active', 'suspended', 'deprovisioned', 'failed']
