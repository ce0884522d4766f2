import type { DnsAnswer, Lookup } from '../ports.ts'
import { type Reason, type ReasonCode, reason } from '../reasons.ts'
import type { RecordFinding } from './domain.ts'

/**
 * What one look came to.
 *
 * `by` says which token was found. `isMiss` is true only where the world definitely says that the proof is not there:
 * servers that fail, stay silent or contradict each other prove nothing, and never count against anybody.
 */
export type Verdict =
  | { proved: true; by: 'current' | 'previous'; finding: RecordFinding; serial: number | null }
  | { proved: false; isMiss: boolean; finding: RecordFinding; because: Reason; serial: number | null }

/** What was asked, by whom it was asked for, and when. */
export interface Asked {
  /** Such as `shop.example.com TXT`. */
  question: string
  expected: string[]
  serial: number | null
  now: Date
}

/** Hostile zones hold thousands of records: what is stored and shown is bounded. */
const MAX_SHOWN = 5
const MAX_SHOWN_LENGTH = 200

export const shown = (values: string[]): string[] =>
  values
    .slice(0, MAX_SHOWN)
    .map((value) => (value.length > MAX_SHOWN_LENGTH ? `${value.slice(0, MAX_SHOWN_LENGTH)}…` : value))

export const proved = (observed: string[], by: 'current' | 'previous', { serial, now }: Asked): Verdict => ({
  proved: true,
  by,
  finding: { status: 'ok', observed, checkedAt: now.toISOString() },
  serial,
})

interface Failing {
  code: ReasonCode
  message: string
  observed: string[]
}

/** The record is not there, or says something else. */
export const missed = ({ code, message, observed }: Failing, asked: Asked): Verdict => ({
  ...failing({ code, message, observed }, asked),
  isMiss: true,
  finding: {
    status: observed.length === 0 ? 'missing' : 'mismatch',
    observed: shown(observed),
    checkedAt: asked.now.toISOString(),
  },
})

/** Nothing can be said of the record. */
export const unknown = ({ code, message, observed }: Failing, asked: Asked): Verdict => ({
  ...failing({ code, message, observed }, asked),
  isMiss: false,
  finding: { status: 'unknown', observed: shown(observed), checkedAt: asked.now.toISOString() },
})

const failing = ({ code, message, observed }: Failing, { expected, serial }: Asked) => ({
  proved: false as const,
  because: reason(code, message, { expected, observed: shown(observed) }),
  serial,
})

type Mute = Extract<DnsAnswer, { kind: 'servfail' | 'timeout' | 'bogus' | 'loop' }>

export const isMute = (answer: DnsAnswer): answer is Mute =>
  answer.kind === 'servfail' || answer.kind === 'timeout' || answer.kind === 'bogus' || answer.kind === 'loop'

/** For an answer that says nothing about the record; a loop of aliases is the customer's own doing, and a miss. */
export function unanswered(answer: Mute, asked: Asked): Verdict {
  const { question } = asked
  switch (answer.kind) {
    case 'servfail': {
      const message = `${failureOf(answer.rcode, question)} Ask the DNS host to repair the zone.`
      return unknown({ code: 'DNS_SERVFAIL', message, observed: [answer.rcode] }, asked)
    }
    case 'timeout': {
      const message = `No DNS server answered for ${question} in time. It is asked again.`
      return unknown({ code: 'DNS_TIMEOUT', message, observed: [] }, asked)
    }
    case 'bogus': {
      const message = `The DNSSEC signatures for ${question} do not hold (${answer.detail}), so that most of the world cannot see it. Turn DNSSEC off at the registrar, or ask the DNS host to repair the DS record there.`
      return unknown({ code: 'DNS_DNSSEC_BOGUS', message, observed: [answer.detail] }, asked)
    }
    case 'loop': {
      const message = `The CNAMEs for ${question} lead in a circle: ${answer.chain.join(' → ')}. Remove one of them.`
      return missed({ code: 'DNS_CNAME_LOOP', message, observed: answer.chain }, asked)
    }
  }
}

/** The response code stays in the sentence: whoever repairs the zone searches for it. */
function failureOf(rcode: string, question: string): string {
  switch (rcode) {
    case 'OVERSIZED':
      return `The answer to ${question} is too large to be read: far too many records stand there.`
    case 'REFUSED':
    case 'LAME':
      return `The name servers know nothing of the zone (${rcode} for ${question}), although the domain names them as its own.`
    default:
      return `The name servers answer ${rcode} for ${question}.`
  }
}

/**
 * A zone's servers must agree: a visitor, and a certificate authority, ask any one of them. `judge` is asked for the word
 * of each; where all come to the same, it is what counts.
 */
export function judgeEach(lookup: Lookup, asked: Asked, judge: (answer: DnsAnswer) => Verdict): Verdict {
  const verdict = judge(lookup.answer)
  const others = lookup.dissenting.map(({ server, answer }) => ({ server, verdict: judge(answer) }))
  if (others.every((other) => other.verdict.proved === verdict.proved)) return verdict
  const agreeing = lookup.servers.filter((server) => !others.some((other) => other.server === server))
  const behind = [...agreeing.map((server) => ({ server, verdict })), ...others].filter((one) => !one.verdict.proved)
  const observed = behind.map((one) => `${one.server}: ${one.verdict.finding.observed.join(', ') || 'nothing'}`)
  const message = `The zone's own servers disagree about ${asked.question}: it is right at some of them, but not yet at these, which answer: ${shown(observed).join('; ')}. If that lasts, ask the DNS host to bring its servers into step.`
  return unknown({ code: 'DNS_DISAGREEMENT', message, observed }, asked)
}
