import type { DnsAnswer } from '@mooring/core'
import { type Question, isUnaskable } from './message.ts'
import { queryServer } from './query-server.ts'
import { type Reply, toDnsAnswer } from './reply.ts'
import type { ServerAddress } from './server-address.ts'

/** What a resolver says, and whether it refuses to say it because of DNSSEC. */
export type RecursiveReply = { answer: DnsAnswer; reply: Reply | null }

/**
 * Asks a recursive resolver. One that fails is asked again without validation (RFC 4035 §3.2.2): if it answers then, the
 * zone's signatures are what is wrong.
 */
export async function askRecursive(
  question: Question,
  { server, timeoutMs }: { server: ServerAddress; timeoutMs: number },
): Promise<RecursiveReply> {
  if (isUnaskable(question.name)) return { answer: { kind: 'nxdomain' }, reply: null }
  const reply = await queryServer(question, { server, manner: 'recursive', timeoutMs })
  if (reply === null) return { answer: { kind: 'timeout' }, reply }
  const answer = toDnsAnswer(reply)
  if (reply.rcode !== 'SERVFAIL') return { answer, reply }

  const unchecked = await queryServer(question, { server, manner: 'unchecked', timeoutMs })
  if (unchecked === null || (unchecked.rcode !== 'NOERROR' && unchecked.rcode !== 'NXDOMAIN')) return { answer, reply }
  return { answer: { kind: 'bogus', detail: reply.explanation ?? 'DNSSEC validation failed' }, reply }
}

/** Whether an answer says something about the name, rather than about the server. */
export const saysSomething = ({ kind }: DnsAnswer): boolean => kind !== 'servfail' && kind !== 'timeout'
