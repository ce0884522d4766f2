import { REASONS, type Reason, type ReasonCode } from '../reasons.ts'

/** What troubles with the same code have in common, so that they are one for people. */
export type NoticeScope = 'tenant' | 'ca' | 'edge'

// Where the cause sits with the authority, or with an edge, it is the same for every tenant.
const BY_AUTHORITY: readonly ReasonCode[] = [
  'CA_RATE_LIMITED',
  'CA_UNAVAILABLE',
  'CA_PROCESSING',
  'CERT_MISMATCH',
  'RATE_LIMIT_BUDGET',
]
const BY_EDGE: readonly ReasonCode[] = ['CERT_NOT_SERVED', 'EDGE_PENDING', 'EDGE_REJECTED_CONFIG', 'EDGE_UNREACHABLE']

/** By which each code is grouped; a code of a newer release by its tenant. */
export const NOTICE_SCOPES: Readonly<Record<string, NoticeScope>> = {
  ...Object.fromEntries(Object.keys(REASONS).map((code) => [code, 'tenant' as const])),
  ...Object.fromEntries(BY_AUTHORITY.map((code) => [code, 'ca' as const])),
  ...Object.fromEntries(BY_EDGE.map((code) => [code, 'edge' as const])),
}

/** What a group of troubles is about. */
export interface NoticeTopic {
  /** Such as `DNS_RECORD_MISSING tenant:acme`. */
  key: string
  /** A reason's code; of a newer release, one that this one does not know. */
  code: string
  scope: NoticeScope
  /** The tenant, authority, edge or pool; null when nobody knows it any more. */
  subject: string | null
}

/** Where a domain in trouble belongs. */
export interface FailurePlace {
  tenant: string | null
  /** The authority that its certificate is from. */
  ca: string | null
  /** The edge that refuses it, else its pool. */
  edge: string | null
}

export function topicOf(code: string, place: FailurePlace): NoticeTopic {
  const scope = NOTICE_SCOPES[code] ?? 'tenant'
  const subject = place[scope]
  return { key: subject === null ? code : `${code} ${scope}:${subject}`, code, scope, subject }
}

/** What ops should hear of about one domain: a row of the outbox, written with the transition that broke or failed. */
export interface Failure {
  topic: NoticeTopic
  domainId: string
  hostname: string
  reason: Reason
}

/** Domains with the same trouble, for as long as one of them has it. */
export interface NoticeGroup {
  topic: NoticeTopic
  /** Until then repeats are only counted. */
  windowUntil: Date
  /** Domains counted since the last message. */
  held: number
  /** The latest one counted; names an example in the digest. */
  sample: Pick<Failure, 'domainId' | 'hostname' | 'reason'>
  /** When the trouble began. */
  since: Date
  /** All that were counted since then. */
  domains: number
  /** From when on none of them has the trouble any more; null while one does. */
  clearSince: Date | null
  /** How many of the escalations were told. */
  escalated: number
}

/** A message to people, or a part of one. */
export interface Notice {
  kind: 'first' | 'digest' | 'recovered' | 'escalated'
  topic: NoticeTopic
  /** Domains that it tells of. */
  count: number
  /** The one it names. */
  sample: NoticeGroup['sample']
  /** How long a digest took to gather, or how long the trouble lasted, in milliseconds; 0 for a first one. */
  lastedMs: number
  /** Whether it goes where escalations go. */
  isUrgent: boolean
}

/** A certificate near its end cannot wait for the trouble to grow old. */
export const isAlarm = (code: string): boolean => code === 'CERT_EXPIRING'
