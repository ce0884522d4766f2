import { DnsProviderProblem, type RecordSet } from '@mooring/core'
import type { Question } from '../dns/message.ts'
import { queryServer } from '../dns/query-server.ts'
import type { Reply } from '../dns/reply.ts'
import type { ServerAddress } from '../dns/server-address.ts'
import { zonesAbove } from './zone-ids.ts'

const TIMEOUT_MS = 2000
const TYPES = ['A', 'AAAA', 'CNAME', 'TXT'] as const satisfies RecordSet['type'][]

/** The apex of the zone that this server has the name in; null when it has none, or has delegated the name away. */
export async function zoneHolding(server: ServerAddress, name: string, signal: AbortSignal): Promise<string | null> {
  for (const candidate of zonesAbove(name)) {
    const reply = await ask(server, { name: candidate, type: 'SOA' }, signal)
    if (reply.rcode === 'NOERROR' && !reply.isAuthoritative && reply.referral.length > 0) return null
    const isAtApex = reply.isAuthoritative && reply.rcode === 'NOERROR' && reply.soa?.zone === candidate
    if (isAtApex) return candidate
  }
  return null
}

/** What the server answers for this name, a wildcard's answers as well. */
export async function readSets(server: ServerAddress, name: string, signal: AbortSignal): Promise<RecordSet[]> {
  const sets = await Promise.all(TYPES.map((type) => readSet(server, { name, type }, signal)))
  return sets.filter((set) => set !== null)
}

async function readSet(
  server: ServerAddress,
  question: { name: string; type: RecordSet['type'] },
  signal: AbortSignal,
): Promise<RecordSet | null> {
  const { name, type } = question
  const reply = await ask(server, question, signal)
  if (!reply.isAuthoritative || (reply.rcode !== 'NOERROR' && reply.rcode !== 'NXDOMAIN')) {
    const detail = `${at(server)} does not have the zone of ${name}, or has delegated it away (${reply.rcode}).`
    throw new DnsProviderProblem('refused', detail)
  }
  // After an alias there are the records of its target as well.
  const records = reply.answers.filter((record) => record.name === name && record.type === type)
  if (records.length === 0) return null
  const ttlSeconds = Math.min(...records.map((record) => record.ttlSeconds))
  return { name, type, ttlSeconds, values: records.map(({ value }) => value) }
}

async function ask(server: ServerAddress, question: Question, signal: AbortSignal): Promise<Reply> {
  const reply = await queryServer(question, { server, manner: 'iterative', timeoutMs: TIMEOUT_MS, signal })
  if (signal.aborted) throw new DnsProviderProblem('unavailable', 'The caller gave up.')
  if (reply === null) throw new DnsProviderProblem('unavailable', `${at(server)} does not answer.`)
  if (reply.rcode === 'SERVFAIL' || reply.rcode === 'OVERSIZED') {
    throw new DnsProviderProblem('unavailable', `${at(server)} fails to answer for ${question.name} (${reply.rcode}).`)
  }
  return reply
}

const at = ({ address, port }: ServerAddress): string => `${address}:${port}`
