import {
  type Authority,
  CaProblem,
  type Clock,
  type Issuer,
  type Limits,
  type OrderNeed,
  type RenewalInfo,
} from '@mooring/core'
import { type LocalCa, createLocalCaIssuer } from '@mooring/providers'

/** An authority whose orders are watched, and that can be made to fail and to advise. */
export interface ScriptedAuthority extends Authority {
  orders: (OrderNeed & { at: Date })[]
  /** Whatever is asked from now on ends so; null: as it should. */
  failsWith(problem: CaProblem | null): void
  /** What it says about every certificate's renewal from now on. */
  advises(info: ((now: Date) => RenewalInfo) | null): void
  /** From now on an order is taken without a word on what it replaces (RFC 9773 §5 lets an authority). */
  passesOverReplaces(): void
}

/** Signs as the local authority does, on the test's clock. */
export function scriptedAuthority(
  name: string,
  { ca, clock, limits = {} }: { ca: LocalCa; clock: Clock; limits?: Limits },
): ScriptedAuthority {
  const local = createLocalCaIssuer({ ...ca, clock })
  const orders: ScriptedAuthority['orders'] = []
  let problem: CaProblem | null = null
  let takesReplaces = true
  let advice: ((now: Date) => RenewalInfo) | null = null
  const orFail = <T>(work: () => Promise<T>): Promise<T> => (problem === null ? work() : Promise.reject(problem))
  const issuer: Issuer = {
    ...local,
    name,
    placeOrder: (need, signal) =>
      orFail(async () => {
        orders.push({ ...need, at: clock.now() })
        const order = await local.placeOrder(need, signal)
        return { ...order, replaces: takesReplaces && need.replaces !== null }
      }),
    validate: (...order) => orFail(() => local.validate(...order)),
    finalize: (...order) => orFail(() => local.finalize(...order)),
    renewalInfo: () => orFail(async () => advice?.(clock.now()) ?? null),
  }
  return {
    name,
    accounts: [issuer],
    limits,
    orders,
    failsWith: (next) => void (problem = next),
    advises: (next) => void (advice = next),
    passesOverReplaces: () => void (takesReplaces = false),
  }
}

export const outage = (): CaProblem => new CaProblem('unreachable', 'ca.example cannot be reached (ECONNREFUSED).')
