import type { DnsHost } from '../dns/known-hosts.ts'
import type { Domain, RecordFinding } from '../domain/domain.ts'
import type { EdgeIdentity, RequiredRecord } from '../domain/records.ts'
import type { Look } from '../look/looked.ts'
import type { ZoneFacts } from '../ports.ts'
import type { Reason } from '../reasons.ts'

/** Every check, in the order in which it is best mended. */
export const CHECK_IDS = [
  'zone',
  'dnssec',
  'ownership',
  'routing',
  'resolvers',
  'caa',
  'certificate',
  'challenge_path_ipv6',
  'challenge_path_ipv4',
] as const

export type CheckId = (typeof CHECK_IDS)[number]

/**
 * - `problem`  somebody must act; `reason` says who and how
 * - `unknown`  nothing could be found out; `reason` says why
 * - `skipped`  there was nothing to compare with, or nothing of the kind
 */
export interface Check {
  id: CheckId
  status: 'ok' | 'problem' | 'unknown' | 'skipped'
  reason: Reason | null
  /** What was found, in a few words. */
  detail: string
}

/** What a person does next, and the exact values they type, field by field. */
export interface NextStep {
  text: string
  fields: { label: 'Type' | 'Host' | 'Value'; value: string }[]
}

/** What stands between a hostname and being served, found by asking now. */
export interface Diagnosis {
  hostname: string
  /** RFC 3339. */
  checkedAt: string
  /** Everything that could be asked is well, and nothing that matters could not be. */
  ok: boolean
  /** The first thing to act on. */
  reason: Reason | null
  zone: ZoneFacts | null
  dnsHost: DnsHost | null
  checks: Check[]
  /** What is required beside what was found. */
  records: (RequiredRecord & Pick<RecordFinding, 'status' | 'observed'>)[]
  nextSteps: NextStep[]
}

/** What is diagnosed. Without a verification nothing is known of what its owner has to show. */
export interface DiagnosisSubject extends Pick<Domain, 'id' | 'hostname' | 'tenant' | 'tls'> {
  verification: Domain['verification'] | null
}

export interface DiagnosisContext extends Omit<Look, 'policy'> {
  /** Where the name has to lead; null when nobody said. */
  edge: EdgeIdentity | null
  caaIdentities: readonly string[]
}
