import { reasonOfRefusal, type Refusal } from '../certificate/admission.ts'
import { CaProblem, isOutage } from '../certificate/ca-problem.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { FALLBACK_SHARE } from '../certificate/renewal.ts'
import { HEALTHY } from '../certificate/circuit.ts'
import { type OrderKind, asksOf, orderKindOf } from '../certificate/limits.ts'
import { caaForbids } from '../dns/caa.ts'
import { challengeFor } from '../dns/challenge-records.ts'
import type { Domain } from '../domain/domain.ts'
import { newCertificateId } from '../ids.ts'
import { type Outcome, done, failed, wait } from '../lifecycle/outcome.ts'
import type { StepContext } from '../lifecycle/step.ts'
import type { Authority, Issuer } from '../ports.ts'
import type { Reason } from '../reasons.ts'
import { eligibleNow, standings, waitForAuthority } from './authorities-up.ts'
import { type Replacing, authorityOf, caOf, issuerOf } from './issuance.ts'

/**
 * Places the order, at the first authority that may be asked, is allowed by CAA, and has a token left for it.
 *
 * Key and CSR are stored before the CA hears of the name, the order's URL right after its answer: a crash anywhere
 * resumes the same order. Only between that answer and its commit can one pending order be orphaned; it is never
 * finalized, because finalizing takes the URL from the row.
 */
export async function placeOrder(domain: Domain, replacing: Replacing, context: StepContext): Promise<Outcome> {
  const { authorities } = context
  const known = await standings(context)
  const candidates = eligibleNow(authorities, known, replacing.left)
  const open = await openOrder(domain, candidates, context)
  if (open?.orderUrl !== undefined && open.orderUrl !== null) return done()

  let because: Outcome | null = null
  for (const authority of candidates) {
    const forbidden = await forbiddenBy(authority, domain, context)
    if (forbidden !== null) {
      because ??= wait(new Date(context.clock.now().getTime() + CAA_LOOK_MS), forbidden)
      continue
    }
    const isLast = authority === candidates.at(-1)
    const refusal = await orderAt(authority, domain, replacing, context).catch((error: unknown) =>
      isLast ? Promise.reject(error) : noteOutage(error, authority, context),
    )
    if (refusal === null) return done()
    if (refusal === 'down') continue
    because ??= outcomeOfRefusal(refusal, authority.name)
    // A name with time enough waits for its turn: another authority has limits, too.
    if (replacing.left === null || replacing.left >= FALLBACK_SHARE) break
  }
  const [preferred] = authorities
  const ca = preferred?.name ?? 'The certificate authority'
  return (
    because ?? waitForAuthority(domain, { ca, health: known.get(ca)?.health ?? HEALTHY, left: replacing.left }, context)
  )
}

/** Where there is another authority to go to, the outage of this one is only noted. */
async function noteOutage(error: unknown, { name }: Authority, { watch }: StepContext): Promise<'down'> {
  if (!(error instanceof CaProblem) || !isOutage(error)) throw error
  await watch.failed(name)
  return 'down'
}

/** How soon CAA records that forbid every authority are looked at again. */
const CAA_LOOK_MS = 10 * 60 * 1000

/** The order that is under way; one at an authority that may not be asked any more is given up for a new one. */
async function openOrder(
  domain: Domain,
  candidates: readonly Authority[],
  context: StepContext,
): Promise<Certificate | null> {
  const present = await context.certificates.current(domain.id)
  if (present?.status !== 'ordering') return null
  const authority = authorityOf(present, context)
  const isPossible = authority !== null && (candidates.length === 0 || candidates.includes(authority))
  if (isPossible) return present
  await context.certificates.abandon(context.lease, present.id)
  return null
}

/** Asked anew only where there is a choice: otherwise it was looked at before the order. */
async function forbiddenBy(authority: Authority, domain: Domain, context: StepContext): Promise<Reason | null> {
  if (context.authorities.length === 1) return null
  const [issuer] = authority.accounts
  if (issuer === undefined) return null
  const caaIdentities = await issuer.caaIdentities(context.signal)
  return caaForbids(domain.hostname, { resolver: context.resolver, caaIdentities, now: context.clock.now() })
}

/** Null when the order is placed. */
async function orderAt(
  authority: Authority,
  domain: Domain,
  { certificate: replaced }: Replacing,
  context: StepContext,
): Promise<Refusal | null> {
  const { budgets, certificates, lease, policy, signal } = context
  const certificate = await begun(authority, domain, { replaced, context })
  const issuer = issuerOf(certificate, context)
  if (issuer === null) throw new TypeError(`${certificate.issuer} is no account of ${authority.name}`)
  const ca = caOf(issuer.name)
  const asksAs = (kind: OrderKind) =>
    asksOf({ account: issuer.name, hostname: domain.hostname, kind }, authority.limits)
  const kind = kindOf(replaced, issuer, context)
  const admission = await budgets.admit(lease, certificate.id, { ca, asks: asksAs(kind) })
  if (admission.kind !== 'admitted') return admission

  const challenge = challengeFor(domain, {
    challengeZone: policy.edge.challengeZone ?? null,
    offered: issuer.challenges,
  })
  // Said after the window as well: the authority then knows what was replaced, exempt or not.
  const isSuccessor = replaced !== null && replaced.issuer === issuer.name && replaced.renewal.window !== null
  const replaces = isSuccessor ? (replaced.issued?.chainPem ?? null) : null
  const order = await issuer.placeOrder({ hostname: domain.hostname, challenge, replaces }, signal)
  // Before the order is stored: after a crash in between, the next order is counted here and by the authority alike.
  if (kind === 'ari' && !order.replaces) await budgets.spend(ca, asksAs('renewal'))
  await certificates.saveOrder(lease, certificate.id, order)
  await context.watch.answered(ca)
  return null
}

/** The row of the need at this authority: key and CSR, without which nothing is asked. */
async function begun(
  authority: Authority,
  domain: Domain,
  { replaced, context }: { replaced: Certificate | null; context: StepContext },
): Promise<Certificate> {
  const { certificates, csrMaker, custody, lease } = context
  const present = await certificates.current(domain.id)
  if (present?.status === 'ordering') {
    if (authorityOf(present, context) === authority) return present
    await certificates.abandon(lease, present.id)
  }
  const issuer = await accountAt(authority, replaced, context)
  const id = newCertificateId()
  const { keyPem, csrDer } = await csrMaker.newKeyAndCsr(domain.hostname)
  const sealedKey = custody.seal(keyPem, { ownerId: domain.id, secretId: id })
  return certificates.begin(lease, { id, issuer, sealedKey, csrDer })
}

/** A name stays with its account, since only there its renewals are exempt; a new one goes where most is left. */
async function accountAt(
  authority: Authority,
  replaced: Certificate | null,
  { budgets }: StepContext,
): Promise<string> {
  const names = authority.accounts.map(({ name }) => name)
  if (replaced !== null && names.includes(replaced.issuer)) return replaced.issuer
  return names.length === 1 ? String(names[0]) : budgets.freest(authority.name, names)
}

function kindOf(replaced: Certificate | null, issuer: Issuer, { clock }: StepContext): OrderKind {
  const issued = replaced?.issued ?? null
  if (replaced === null || issued === null) return orderKindOf(null, clock.now())
  const isSameAuthority = caOf(replaced.issuer) === caOf(issuer.name)
  const from = replaced.issuer === issuer.name ? 'same_account' : isSameAuthority ? 'same_authority' : 'elsewhere'
  return orderKindOf({ from, notBefore: issued.notBefore, window: replaced.renewal.window }, clock.now())
}

function outcomeOfRefusal(refusal: Refusal, ca: string): Outcome {
  const because = reasonOfRefusal(refusal, ca)
  return refusal.kind === 'paused' ? failed(because) : wait(new Date(refusal.until), because)
}
