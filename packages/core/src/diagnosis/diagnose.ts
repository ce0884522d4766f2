import { dnsHostOf } from '../dns/known-hosts.ts'
import { requiredRecords } from '../domain/records.ts'
import type { Look, Looked } from '../look/looked.ts'
import type { Resolver } from '../ports.ts'
import { CHECKS, type Examined, LONGEST_MS, TOO_LATE, type Verdicts, examineRecords } from './checks.ts'
import { CHECK_IDS, type Check, type Diagnosis, type DiagnosisContext, type DiagnosisSubject } from './diagnosis.ts'
import { nextSteps } from './next-steps.ts'

/** Nothing to compare with: lets the looks that need none go on. */
const NOWHERE = { hostname: '', addresses: [] }

/** Asks DNS and the name's web servers now, and says what is wrong, whose turn it is, and what to type where. */
export async function diagnose(subject: DiagnosisSubject, context: DiagnosisContext): Promise<Diagnosis> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(LONGEST_MS)])
  // Several looks want to know the zone: it is asked for once.
  const found = context.resolver.zoneOf(subject.hostname)
  const resolver: Resolver = { ...context.resolver, zoneOf: () => found }
  const look: Look = { ...context, resolver, signal, policy: { edge: context.edge ?? NOWHERE } }
  const looked = subject.verification === null ? null : { ...subject, verification: subject.verification }
  const [zone, verdicts] = await Promise.all([
    within(signal, found, null),
    within(signal, examineRecords(looked, look, context), 'late' as const),
  ])
  const examined: Examined = { subject, zone, looked, look, context: { ...context, signal }, verdicts }

  const checks = await Promise.all(
    CHECK_IDS.map(async (id): Promise<Check> => ({ id, ...(await within(signal, CHECKS[id](examined), TOO_LATE)) })),
  )
  const facts = { checks, zone, dnsHost: dnsHostOf(zone?.nameServers ?? []), records: recordsOf(looked, examined) }
  const worst = checks.find(({ status }) => status === 'problem') ?? checks.find(({ status }) => status === 'unknown')
  return {
    hostname: subject.hostname,
    checkedAt: context.clock.now().toISOString(),
    ok: worst === undefined,
    reason: worst?.reason ?? null,
    ...facts,
    nextSteps: nextSteps(facts),
  }
}

/** What is not there in time is `late`; it goes on in the background, within bounds of its own. */
function within<T, L>(signal: AbortSignal, work: T | Promise<T>, late: L): Promise<T | L> {
  const timeout = new Promise<L>((resolve) => {
    if (signal.aborted) resolve(late)
    signal.addEventListener('abort', () => resolve(late), { once: true })
  })
  return Promise.race([Promise.resolve(work), timeout])
}

const NOT_KNOWN = { status: 'unknown' as const, observed: [] }

function recordsOf(looked: Looked | null, { context, verdicts }: Examined): Diagnosis['records'] {
  if (looked === null) return []
  const found = (purpose: keyof Verdicts) => (verdicts === 'late' ? NOT_KNOWN : verdicts[purpose]?.finding)
  return requiredRecords(looked, context.edge ?? NOWHERE).flatMap((record) => {
    const finding = found(record.purpose)
    return finding === undefined ? [] : [{ ...record, status: finding.status, observed: finding.observed }]
  })
}
