import type { State, StepName } from './states.ts'
import type { Step } from './step.ts'
import { accept } from './steps/accept.ts'
import { confirmChange } from './steps/confirm-change.ts'
import { confirmRoute } from './steps/confirm-route.ts'
import { confirmWithdrawal } from './steps/confirm-withdrawal.ts'
import { finalizeOrder } from './steps/finalize-order.ts'
import { orderCertificate } from './steps/order-certificate.ts'
import { publishRoute } from './steps/publish-route.ts'
import { release } from './steps/release.ts'
import { settle } from './steps/settle.ts'
import { sitOutGrace } from './steps/sit-out-grace.ts'
import { validateOrder } from './steps/validate-order.ts'
import { verifyOwnership } from './steps/verify-ownership.ts'
import { verifyRouting } from './steps/verify-routing.ts'
import { withdrawRoute } from './steps/withdraw-route.ts'

/**
 * The machine is these lists: a step is followed by the next one in its list, and a domain rests after the last.
 * To add a step, write its file and put it in its place here.
 */
export const LAUNCH: readonly Step[] = [
  accept,
  verifyOwnership,
  verifyRouting,
  settle,
  orderCertificate,
  validateOrder,
  finalizeOrder,
  publishRoute,
  confirmRoute,
]

/** An active domain whose target was changed. */
export const CHANGE: readonly Step[] = [confirmChange]

export const LEAVING: readonly Step[] = [withdrawRoute, confirmWithdrawal, sitOutGrace, release]

export const STEPS: readonly Step[] = [...LAUNCH, ...CHANGE, ...LEAVING]

const byName = new Map<string, Step>(STEPS.map((step) => [step.name, step]))

/** Null for a step this release does not know: such a row is left alone. */
export const stepNamed = (name: string): Step | null => byName.get(name) ?? null

/** The state a step belongs to: where a failed domain returns to when it is retried. */
export const stateOfStep = (name: StepName): State | null => byName.get(name)?.from ?? null

/** Where `done` leads: the next step at once, or rest. A domain at rest in `active` would run `confirm_change` if asked. */
export function afterDone(step: Step): { state: State; step: StepName; rests: boolean } {
  for (const list of [LAUNCH, CHANGE, LEAVING]) {
    const index = list.indexOf(step)
    if (index === -1) continue
    const next = list[index + 1]
    if (next !== undefined) return { state: step.to, step: next.name, rests: false }
  }
  return { state: step.to, step: step.to === 'active' ? confirmChange.name : step.name, rests: true }
}
