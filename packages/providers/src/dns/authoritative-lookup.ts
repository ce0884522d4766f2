import type { DnsAnswer, DnsRecord, Lookup } from '@mooring/core'
import { isLoop, loopBehindFailure, namesAlong } from './alias-chain.ts'
import { type AuthorityOptions, type ServerReply, type Walk, askZone } from './authority.ts'
import { newBudget } from './budget.ts'
import { isIn } from './delegations.ts'
import { type Question, type RecordQuestion, isUnaskable } from './message.ts'
import { isAnswer } from './referral.ts'
import { type Reply, toDnsAnswer } from './reply.ts'

/** Asks the name's own servers, and follows its aliases into whatever zones they lead. */
export async function lookUp(
  question: RecordQuestion,
  options: AuthorityOptions & Pick<Walk, 'servers'>,
): Promise<Lookup> {
  const { name, type } = question
  if (isUnaskable(name)) return { answer: { kind: 'nxdomain' }, dissenting: [], servers: [], serial: null }
  const walk: Walk = { ...options, budget: newBudget() }
  const first = await askServers(question, walk)
  const { answer } = first
  const atOne: Walk = { ...walk, servers: 'one' }
  const whole = answer.kind === 'records' ? await follow(question, answer.records, atOne) : answer
  if (whole.kind !== 'servfail' || type === 'CNAME') return { ...first, answer: whole }
  const cnameOf = async (alias: string) => (await askServers({ name: alias, type: 'CNAME' }, atOne)).answer
  return { ...first, answer: (await loopBehindFailure(name, cnameOf)) ?? whole }
}

/** The rest of the chain is what any one server of its zone says: it is not the customer's to spread. */
async function follow({ name, type }: RecordQuestion, records: DnsRecord[], walk: Walk): Promise<DnsAnswer> {
  const chain = [...records]
  for (;;) {
    const names = namesAlong(name, chain)
    if (isLoop(names)) return { kind: 'loop', chain: names }
    const end = names.at(-1) ?? name
    const isAtEnd =
      type === 'CNAME' || end === name || chain.some((record) => record.name === end && record.type === type)
    if (isAtEnd) return { kind: 'records', records: chain }
    const { answer } = await askServers({ name: end, type }, walk)
    if (answer.kind === 'servfail' || answer.kind === 'timeout') return answer
    // The chain leads nowhere: that is an answer, and the chain says so.
    if (answer.kind !== 'records') return { kind: 'records', records: chain }
    chain.push(...answer.records)
  }
}

async function askServers(question: RecordQuestion, walk: Walk): Promise<Lookup> {
  const { zone, replies } = await askZone(question, walk)
  const answered = replies.filter(({ reply }) => isAnswer(reply))
  if (answered.length === 0)
    return { answer: failureOf(replies), dissenting: [], servers: labels(replies), serial: null }

  const words = answered.map(({ server, reply }) => ({ server, answer: wordOf(reply, { question, zone }) }))
  const counted = [...Map.groupBy(words, ({ answer }) => keyOf(answer)).values()]
  const [most = words] = counted.toSorted((a, b) => b.length - a.length)
  return {
    answer: most[0]?.answer ?? { kind: 'timeout' },
    dissenting: counted.filter((group) => group !== most).flat(),
    servers: labels(answered),
    serial: newestSerial(question.name, answered),
  }
}

/** A zone's servers may say what stands in the zone, not where names of other zones lead (RFC 2181 §5.4.1). */
function wordOf(reply: Reply | null, { question, zone }: { question: Question; zone: string }): DnsAnswer {
  if (reply === null) return { kind: 'timeout' }
  return toDnsAnswer({ ...reply, answers: reply.answers.filter((record) => isIn(record.name, zone)) }, question)
}

function failureOf(replies: ServerReply[]): DnsAnswer {
  const failed = replies.find(({ reply }) => reply !== null)?.reply
  if (failed == null) return { kind: 'timeout' }
  return { kind: 'servfail', rcode: failed.rcode === 'NOERROR' ? 'LAME' : failed.rcode }
}

/** Of the servers that lag, and of those that also have the zone where an alias leads, none is asked for this one's. */
function newestSerial(name: string, replies: ServerReply[]): number | null {
  const zones = replies.flatMap(({ reply }) => (reply?.soa == null ? [] : [reply.soa]))
  const serials = zones.filter(({ zone }) => isIn(name, zone)).map(({ serial }) => serial)
  return serials.length === 0 ? null : Math.max(...serials)
}

/** Equal for answers that say the same, whatever their order and the time they may be kept. */
function keyOf(answer: DnsAnswer): string {
  if (answer.kind !== 'records') return answer.kind
  const said = answer.records.map(({ name, type, value }) => `${name} ${type} ${value}`)
  return [...new Set(said)].toSorted().join('\n')
}

const labels = (replies: ServerReply[]): string[] => replies.map(({ server }) => server)
