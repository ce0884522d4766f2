import { seen } from '../dns/challenge-path.ts'
import { httpProofUrl, isHttpProof } from '../domain/check-ownership.ts'
import { httpProof } from '../domain/records.ts'
import { type Asked, type Verdict, isMute, missed, proved, unanswered, unknown } from '../domain/verdict.ts'
import type { Lookup, ProbeAnswer, Resolver } from '../ports.ts'
import type { Look, Looked } from './looked.ts'

const REDIRECTS = [301, 302, 307, 308]
/** Sites have a few; a hostile zone has hundreds. */
const MOST_ADDRESSES = 8

/**
 * Asks the name's present web server for the token, at every address that any server of the zone gives: whoever has come
 * by one of several, such as one that was given back to a cloud, does not have the name. Addresses are looked up here and
 * connected to as they are, each judged by the address rules first.
 */
export async function lookOverHttp(ask: Resolver['lookup'], domain: Looked, context: Look): Promise<Verdict> {
  const { hostname, verification } = domain
  const now = context.clock.now()
  const [a, aaaa] = await Promise.all([ask(hostname, 'A'), ask(hostname, 'AAAA')])
  const serial = a.serial ?? aaaa.serial
  const expected = [`${verification.token} at ${httpProofUrl(domain)}`]
  const asked: Asked = { question: `${hostname} A`, expected, serial, now }
  for (const { answer } of [a, aaaa]) if (isMute(answer)) return unanswered(answer, asked)

  const addresses = [...addressesIn(aaaa, 'AAAA'), ...addressesIn(a, 'A')]
  if (addresses.length === 0) {
    const message = `${hostname} has no address, so that there is no web server to show the token. Use another method.`
    return missed({ code: 'HTTP_UNREACHABLE', message, observed: [] }, asked)
  }
  const answers = await Promise.all(
    addresses.map(async (address) => ({ address, answer: await fetchProof(domain, address, context) })),
  )
  return judge(answers, { domain, asked, now })
}

/** In an order of their own, so that the same ones are asked each time. */
function addressesIn({ answer, dissenting }: Lookup, type: 'A' | 'AAAA'): string[] {
  const records = [answer, ...dissenting.map((word) => word.answer)].flatMap((word) =>
    word.kind === 'records' ? word.records : [],
  )
  const values = records.filter((record) => record.type === type).map(({ value }) => value)
  return [...new Set(values)].toSorted().slice(0, MOST_ADDRESSES / 2)
}

/** One redirect to HTTPS on the same name is followed, since many servers answer everything so. */
async function fetchProof(
  { hostname, verification }: Looked,
  address: string,
  { probe, signal }: Look,
): Promise<ProbeAnswer> {
  const { path } = httpProof(verification)
  const first = await probe.get({ scheme: 'http', hostname, address, path }, signal)
  if (first.kind !== 'answer' || !REDIRECTS.includes(first.status)) return first
  const isUpgrade = first.location === `https://${hostname}${path}`
  return isUpgrade ? probe.get({ scheme: 'https', hostname, address, path }, signal) : first
}

function judge(
  answers: { address: string; answer: ProbeAnswer }[],
  { domain, asked, now }: { domain: Looked; asked: Asked; now: Date },
): Verdict {
  const url = httpProofUrl(domain)
  const told = answers.filter(({ answer }) => answer.kind !== 'no_route')
  const shows = ({ answer }: { answer: ProbeAnswer }) =>
    answer.kind === 'answer' && answer.status === 200 ? isHttpProof(answer.body, domain, now) : null
  const [first] = told
  if (first === undefined) {
    const message = `Nothing can be said of ${url}: there is no way to its addresses from here.`
    return unknown({ code: 'HTTP_UNREACHABLE', message, observed: [] }, asked)
  }
  const wrong = told.filter((one) => shows(one) === null)
  // What is definitely wrong says more than what cannot be reached just now.
  const worst = wrong.find(({ answer }) => answer.kind !== 'unreachable') ?? wrong[0]
  if (worst === undefined) {
    const observed = told.map(({ address }) => address)
    return proved(observed, shows(first) ?? 'current', asked)
  }

  const found = seen(worst.answer)
  const observed = [`${worst.address}: ${found}`]
  const must = 'It must answer 200 with the token and nothing else, at every address of the name.'
  if (worst.answer.kind === 'answer') {
    const message = `${url} at ${worst.address} answers ${found}. ${must}`
    return missed({ code: 'HTTP_WRONG_ANSWER', message, observed }, asked)
  }
  const message = `${url} at ${worst.address} cannot be fetched: ${found}. ${must}`
  const fault = { code: 'HTTP_UNREACHABLE' as const, message, observed }
  // A server that is away for an hour has not lost its name; an address that must not be asked never will be.
  return worst.answer.kind === 'forbidden' ? missed(fault, asked) : unknown(fault, asked)
}
