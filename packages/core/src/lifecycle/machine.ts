import type { State, StepName } from './states.ts'
import type { Step } from './step.ts'
import { accept } from './steps/accept.ts'
import { awaitReturn } from './steps/await-return.ts'
import { confirmChange } from './steps/confirm-change.ts'
import { confirmHolding } from './steps/confirm-holding.ts'
import { confirmRenewal } from './steps/confirm-renewal.ts'
import { confirmReturn } from './steps/confirm-return.ts'
import { confirmRoute } from './steps/confirm-route.ts'
import { confirmWithdrawal } from './steps/confirm-withdrawal.ts'
import { finalizeOrder } from './steps/finalize-order.ts'
import { finalizeRenewal } from './steps/finalize-renewal.ts'
import { handOver } from './steps/hand-over.ts'
import { orderCertificate } from './steps/order-certificate.ts'
import { orderRenewal } from './steps/order-renewal.ts'
import { planRenewal } from './steps/plan-renewal.ts'
import { publishHolding } from './steps/publish-holding.ts'
import { publishRenewal } from './steps/publish-renewal.ts'
import { publishRoute } from './steps/publish-route.ts'
import { release } from './steps/release.ts'
import { removeRecords } from './steps/remove-records.ts'
import { republishRoute } from './steps/republish-route.ts'
import { reverify } from './steps/reverify.ts'
import { revokeCertificate } from './steps/revoke-certificate.ts'
import { settle } from './steps/settle.ts'
import { sitOutGrace } from './steps/sit-out-grace.ts'
import { validateOrder } from './steps/validate-order.ts'
import { validateRenewal } from './steps/validate-renewal.ts'
import { verifyOwnership } from './steps/verify-ownership.ts'
import { verifyRouting } from './steps/verify-routing.ts'
import { watchDangling } from './steps/watch-dangling.ts'
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

/** An active domain rests here; when it is due, its ownership is proved again. */
export const WATCH: readonly Step[] = [reverify]

/**
 * The certificate of an active domain. Whatever a step up to `publish_renewal` waits for, the domain rests meanwhile, and
 * begins here again: the certificate's row knows how far it was.
 */
export const RENEWAL: readonly Step[] = [
  planRenewal,
  orderRenewal,
  validateRenewal,
  finalizeRenewal,
  publishRenewal,
  confirmRenewal,
]

/** From the loss of its proof, or a person's word, to its return. */
export const SUSPENSION: readonly Step[] = [publishHolding, confirmHolding, awaitReturn, republishRoute, confirmReturn]

/** A name that moved to another claim begins with handing over, every other with the withdrawal of its route. */
export const LEAVING: readonly Step[] = [
  handOver,
  withdrawRoute,
  confirmWithdrawal,
  removeRecords,
  sitOutGrace,
  revokeCertificate,
  release,
  watchDangling,
]

const LISTS = [LAUNCH, CHANGE, WATCH, RENEWAL, SUSPENSION, LEAVING]

export const STEPS: readonly Step[] = LISTS.flat()

const byName = new Map<string, Step>(STEPS.map((step) => [step.name, step]))

/** Null for a step this release does not know: such a row is left alone. */
export const stepNamed = (name: string): Step | null => byName.get(name) ?? null

/** The state a step belongs to: where a failed domain returns to when it is retried. */
export const stateOfStep = (name: StepName): State | null => byName.get(name)?.from ?? null

/** Where `done` leads: the next step at once, or rest. An active domain rests at the step that proves it again. */
export function afterDone(step: Step): { state: State; step: StepName; rests: boolean } {
  for (const list of LISTS) {
    const index = list.indexOf(step)
    if (index === -1) continue
    const next = list[index + 1]
    if (next !== undefined) return { state: step.to, step: next.name, rests: false }
  }
  return { state: step.to, step: step.to === 'active' ? reverify.name : step.name, rests: true }
}
