import type { DnsAnswer, DnsRecord, Lookup, RecordType } from '@mooring/core'
import { LONGEST_CHAIN, loopBehindFailure } from './alias-loop.ts'
import { type AuthorityOptions, type Budget, type ServerReply, askZone, isAnswer, newBudget } from './authority.ts'
import { isIn } from './delegations.ts'
import { isUnaskable } from './message.ts'
import { toDnsAnswer } from './reply.ts'

interface Asked {
  answer: DnsAnswer
  dissenting: Lookup['dissenting']
  servers: string[]
  serial: number | null
}

/** Asks the name's own servers, and follows its aliases into whatever zones they lead. */
export async function lookUp(
  name: string,
  type: RecordType,
  options: AuthorityOptions & { servers: 'all' | 'one' },
): Promise<Lookup> {
  if (isUnaskable(name)) return { answer: { kind: 'nxdomain' }, dissenting: [], servers: [], serial: null }
  const budget = newBudget()
  const first = await askServers(name, type, { ...options, budget })
  const { answer } = first
  const whole =
    answer.kind === 'records' ? await follow({ name, type, records: answer.records }, { ...options, budget }) : answer
  if (whole.kind !== 'servfail' || type === 'CNAME') return { ...first, answer: whole }
  const cnameOf = async (alias: string) =>
    (await askServers(alias, 'CNAME', { ...options, servers: 'one', budget })).answer
  return { ...first, answer: (await loopBehindFailure(name, cnameOf)) ?? whole }
}

/** The rest of the chain is what any one server of its zone says: it is not the customer's to spread. */
async function follow(
  { name, type, records }: { name: string; type: RecordType; records: DnsRecord[] },
  options: AuthorityOptions & { budget: Budget },
): Promise<DnsAnswer> {
  const chain = [...records]
  for (;;) {
    const names = aliases(name, chain)
    const end = names.at(-1) ?? name
    if (names.length > LONGEST_CHAIN || names.slice(0, -1).includes(end)) return { kind: 'loop', chain: names }
    const isAtEnd =
      type === 'CNAME' || end === name || chain.some((record) => record.name === end && record.type === type)
    if (isAtEnd) return { kind: 'records', records: chain }
    const { answer } = await askServers(end, type, { ...options, servers: 'one' })
    if (answer.kind === 'servfail' || answer.kind === 'timeout') return answer
    // The chain leads nowhere: that is an answer, and the chain says so.
    if (answer.kind !== 'records') return { kind: 'records', records: chain }
    chain.push(...answer.records)
  }
}

/** The name and everything that its CNAMEs lead through; the last one twice when they lead back. */
function aliases(name: string, records: DnsRecord[]): string[] {
  const names = [name]
  for (;;) {
    const alias = records.find((record) => record.type === 'CNAME' && record.name === names.at(-1))
    if (alias === undefined) return names
    const isKnown = names.includes(alias.value)
    names.push(alias.value)
    if (isKnown || names.length > LONGEST_CHAIN) return names
  }
}

async function askServers(
  name: string,
  type: RecordType,
  options: AuthorityOptions & { servers: 'all' | 'one'; budget: Budget },
): Promise<Asked> {
  const { zone, replies } = await askZone({ name, type }, options)
  const answered = replies.filter(({ reply }) => isAnswer(reply))
  if (answered.length === 0)
    return { answer: failureOf(replies), dissenting: [], servers: labels(replies), serial: null }

  const words = answered.map(({ server, reply }) => ({ server, answer: wordOf(reply, zone) }))
  const counted = [...Map.groupBy(words, ({ answer }) => keyOf(answer)).values()]
  const [most = words] = counted.toSorted((a, b) => b.length - a.length)
  return {
    answer: most[0]?.answer ?? { kind: 'timeout' },
    dissenting: counted.filter((group) => group !== most).flat(),
    servers: labels(answered),
    serial: answered.map(({ reply }) => reply?.soa?.serial ?? null).find((serial) => serial !== null) ?? null,
  }
}

/** A zone's servers may say what stands in the zone, not where names of other zones lead (RFC 2181 §5.4.1). */
function wordOf(reply: ServerReply['reply'], zone: string): DnsAnswer {
  if (reply === null) return { kind: 'timeout' }
  return toDnsAnswer({ ...reply, answers: reply.answers.filter((record) => isIn(record.name, zone)) })
}

function failureOf(replies: ServerReply[]): DnsAnswer {
  const failed = replies.find(({ reply }) => reply !== null)?.reply
  if (failed == null) return { kind: 'timeout' }
  return { kind: 'servfail', rcode: failed.rcode === 'NOERROR' ? 'LAME' : failed.rcode }
}

/** Equal for answers that say the same, whatever their order and the time they may be kept. */
function keyOf(answer: DnsAnswer): string {
  if (answer.kind !== 'records') return answer.kind
  return answer.records
    .map(({ name, type, value }) => `${name} ${type} ${value}`)
    .toSorted()
    .join('\n')
}

const labels = (replies: ServerReply[]): string[] => replies.map(({ server }) => server)
