import type { DnsAnswer } from '@mooring/core'
import { type Question, isUnaskable } from './message.ts'
import { type Asking, queryServer } from './query-server.ts'
import { type ExtendedError, type Reply, toDnsAnswer } from './reply.ts'

/** What a resolver says, and whether it refuses to say it because of DNSSEC. */
export type RecursiveReply = { answer: DnsAnswer; reply: Reply | null }

export type AtResolver = Pick<Asking, 'server' | 'timeoutMs' | 'signal'>

/** RFC 8914 §4: what a resolver says of signatures that do not hold. */
const DNSSEC_ERRORS = [1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 25, 27]

/**
 * Asks a recursive resolver. One that fails is asked again without validation (RFC 4035 §3.2.2): if it answers then, the
 * zone's signatures are what is wrong, unless it gave another reason for its failure.
 */
export async function askRecursive(question: Question, at: AtResolver): Promise<RecursiveReply> {
  if (isUnaskable(question.name)) return { answer: { kind: 'nxdomain' }, reply: null }
  const reply = await queryServer(question, { ...at, manner: 'recursive' })
  if (reply === null) return { answer: { kind: 'timeout' }, reply }
  const answer = toDnsAnswer(reply, question)
  const { extendedError } = reply
  if (reply.rcode !== 'SERVFAIL') return { answer, reply }
  if (extendedError !== null && !DNSSEC_ERRORS.includes(extendedError.code)) return { answer, reply }

  const unchecked = await queryServer(question, { ...at, manner: 'unchecked' })
  if (unchecked?.rcode !== 'NOERROR' && unchecked?.rcode !== 'NXDOMAIN') return { answer, reply }
  return { answer: { kind: 'bogus', detail: detailOf(extendedError) }, reply }
}

function detailOf(error: ExtendedError | null): string {
  if (error === null) return 'DNSSEC validation failed'
  return error.text === '' ? `extended error ${error.code}` : error.text
}

/** Whether an answer says something about the name, rather than about the server. */
export const saysSomething = ({ kind }: DnsAnswer): boolean => kind !== 'servfail' && kind !== 'timeout'
