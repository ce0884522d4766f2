import { createHash } from 'node:crypto'
import type { Domain } from '../domain/domain.ts'
import { isWildcard } from '../domain/hostname.ts'
import { normalAddress } from '../edge/address-rules.ts'
import type { HttpProbe, ProbeAnswer } from '../ports.ts'
import { type Reason, reason } from '../reasons.ts'

const TOKEN = /^mooring-reach-[0-9a-f]{32}$/
const MAX_SHOWN = 100

/** Asked for in place of a certificate authority's token, to see whether its question would come through. */
export const reachToken = ({ id }: Pick<Domain, 'id'>): string =>
  `mooring-reach-${createHash('sha256').update(id).digest('hex').slice(0, 32)}`

/**
 * What the control plane answers to such a question, without looking anything up; null for any other token. Nothing
 * is proved by it but the way: whoever knows the rule could answer.
 */
export function reachAnswer(token: string, hostname: string): string | null {
  if (!TOKEN.test(token)) return null
  return `${token}.${createHash('sha256').update(`${token} ${hostname.toLowerCase()}`).digest('hex')}`
}

interface Asking {
  /** The edges' own: what is wrong there is not the customer's to mend. */
  edgeAddresses: readonly string[]
  probe: HttpProbe
  signal: AbortSignal
}

interface Reaching extends Asking {
  /** Of the hostname, both families. */
  addresses: string[]
}

/**
 * Why a certificate authority's question (RFC 8555 §8.3) would not come through to us, or null when it would. Authorities
 * prefer IPv6 and ask from several places, each at an address of its choice: every one has to lead here, through every edge.
 */
export async function challengePathBlocked(
  domain: Pick<Domain, 'id' | 'hostname'>,
  reaching: Reaching,
): Promise<Reason | null> {
  // A wildcard is proved by DNS only.
  if (isWildcard(domain.hostname)) return null
  const isIpv6 = (address: string) => address.includes(':')
  const { addresses } = reaching
  const asked = [...addresses.filter(isIpv6), ...addresses.filter((address) => !isIpv6(address))].slice(0, MOST_ASKED)
  const ways = await Promise.all(asked.map((address) => wayTo(address, domain, reaching)))
  return ways.find((way) => way.kind === 'blocked')?.because ?? null
}

/** A name with more addresses is none that one order could tell everything about. */
const MOST_ASKED = 8

/** `unknown`: this machine has no way to that address family, which says nothing about who has one. */
export type Way = { kind: 'open' } | { kind: 'unknown' } | { kind: 'blocked'; because: Reason }

const OPEN: Way = { kind: 'open' }

/** Whether the question comes through at one address. */
export async function wayTo(
  address: string,
  domain: Pick<Domain, 'id' | 'hostname'>,
  { edgeAddresses, probe, signal }: Asking,
): Promise<Way> {
  const { hostname } = domain
  const token = reachToken(domain)
  const path = `/.well-known/acme-challenge/${token}`
  const answer = await probe.get({ scheme: 'http', hostname, address, path }, signal)
  if (answer.kind === 'no_route') return { kind: 'unknown' }
  const isOurs = answer.kind === 'answer' && answer.status === 200
  if (isOurs && answer.body.trim() === reachAnswer(token, hostname)) return OPEN
  const isEdge = edgeAddresses.map(normalAddress).includes(normalAddress(address))
  return {
    kind: 'blocked',
    because: isEdge ? edgeFails(answer, hostname, address) : blocked(answer, hostname, address),
  }
}

type Wrong = Exclude<ProbeAnswer, { kind: 'no_route' }>

/** The question arrived where it should: the edge is away, or the control plane that it hands the question to. */
function edgeFails(answer: Wrong, hostname: string, address: string): Reason {
  const observed = [seen(answer)]
  const message = `The edge at ${address} does not answer certificate authorities for ${hostname}: ${observed[0]}. See whether it runs, and whether it reaches the API.`
  return reason('EDGE_UNREACHABLE', message, {
    expected: [`the API's answer through the edge at ${address}`],
    observed,
  })
}

function blocked(answer: Wrong, hostname: string, address: string): Reason {
  const family = address.includes(':') ? 'IPv6' : 'IPv4'
  const where = `http://${hostname}/.well-known/acme-challenge/ at ${address} (${family})`
  const expected = [`the platform's answer at ${where}`]
  const observed = [seen(answer)]
  if (answer.kind === 'answer') {
    const message = `${where} answers, but not from this platform: ${observed[0]}. Something in between takes the request; let it pass, or point ${family} here.`
    return reason('HTTP_WRONG_ANSWER', message, { expected, observed })
  }
  const message = `${where} cannot be reached: ${observed[0]}. Certificate authorities ask there: open port 80, or remove the ${family === 'IPv6' ? 'AAAA' : 'A'} record.`
  return reason('HTTP_UNREACHABLE', message, { expected, observed })
}

/** In a few words that are safe to show. */
export function seen(answer: ProbeAnswer): string {
  if (answer.kind === 'no_route') return 'no way to that address from here'
  if (answer.kind !== 'answer') return answer.detail
  if (answer.location !== null) return `${answer.status}, a redirect to ${safe(answer.location)}`
  const text = safe(answer.body)
  return text === '' ? `${answer.status} with an empty body` : `${answer.status} with "${text}"`
}

const safe = (text: string): string =>
  text
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, MAX_SHOWN)
