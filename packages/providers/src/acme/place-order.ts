import { CaProblem, type Hostname, type PlacedOrder, baseOf, isWildcard } from '@mooring/core'
import { locationOf } from './answers.ts'
import type { AcmeClient } from './client.ts'
import type { KnownOrders } from './known-orders.ts'
import { type Authorization, type Challenge, aboutInvalid, orderOf, readAuthorization } from './order.ts'

/** The token becomes part of a path and of an answer; nothing else than base64url may (RFC 8555 §8.3). */
const TOKEN = /^[A-Za-z0-9_-]{1,256}$/
/** As IANA registers them, such as `dns-01`; no other text of a CA is repeated as one. */
const CHALLENGE_TYPE = /^[a-z0-9-]{1,30}$/

/** newOrder, then the challenge of every name that is not yet authorized (RFC 8555 §7.4, §7.5). */
export async function placeOrder(
  client: AcmeClient,
  known: KnownOrders,
  { hostname, signal }: { hostname: Hostname; signal: AbortSignal },
): Promise<PlacedOrder> {
  const { newOrder } = await client.directory(signal)
  const answer = await postNewOrder(client, newOrder, { hostname, signal })
  const orderUrl = locationOf(answer)
  const order = orderOf(answer, orderUrl, client)
  if (order.status === 'ready') {
    known.remember(orderUrl, { stage: 'placed', challengeUrls: [] })
    return { orderUrl, challenges: [] }
  }

  const open: OpenChallenge[] = []
  for (const authzUrl of order.authorizations) {
    const challenge = http01Of(await readAuthorization(client, authzUrl, signal), hostname)
    if (challenge !== null) open.push(challenge)
  }
  const challenges = open.map(async ({ token }) => ({
    token,
    keyAuthorization: await client.keyAuthorization(token, signal),
  }))
  known.remember(orderUrl, { stage: 'placed', challengeUrls: open.map(({ url }) => url) })
  return { orderUrl, challenges: await Promise.all(challenges) }
}

async function postNewOrder(
  client: AcmeClient,
  newOrderUrl: string,
  { hostname, signal }: { hostname: Hostname; signal: AbortSignal },
) {
  try {
    return await client.post(newOrderUrl, { identifiers: [{ type: 'dns', value: hostname }] }, signal)
  } catch (error) {
    // Here nothing but the account can be unauthorized; of a challenge, the same word is about the customer's name.
    if (!(error instanceof CaProblem) || error.type !== 'unauthorized') throw error
    throw new CaProblem('unauthorizedAccount', error.message, { status: error.status, cause: error })
  }
}

type OpenChallenge = Challenge & { token: string }

/** The HTTP-01 challenge to answer; null when the name is authorized already. */
export function http01Of(authorization: Authorization, hostname: Hostname | null): OpenChallenge | null {
  const { identifier, status, challenges } = authorization
  // RFC 8555 §7.1.4: the authorization of a wildcard names its base.
  if (hostname !== null && identifier.value.toLowerCase() !== baseOf(hostname)) {
    throw new CaProblem('unexpectedAnswer', `The CA wants ${identifier.value.slice(0, 253)} proved, not ${hostname}.`)
  }
  if (status === 'valid') return null
  const lost = aboutInvalid(authorization)
  if (lost !== null) throw lost

  const challenge = challenges.find(({ type }) => type === 'http-01')
  if (challenge === undefined) throw new CaProblem('noUsableChallenge', aboutOffer(authorization, hostname))
  const { token } = challenge
  if (token === undefined || !TOKEN.test(token)) {
    throw new CaProblem('unexpectedAnswer', 'The token of the CA’s challenge is not base64url.')
  }
  return { ...challenge, token }
}

function aboutOffer({ challenges }: Authorization, hostname: Hostname | null): string {
  const types = challenges.map(({ type }) => type).filter((type) => CHALLENGE_TYPE.test(type))
  const offered = types.length === 0 ? 'nothing' : types.join(', ')
  if (hostname === null || !isWildcard(hostname)) {
    return `The certificate authority does not take proof by HTTP-01 for this name; it offers ${offered}.`
  }
  return (
    `A certificate for the wildcard ${hostname} needs proof by DNS-01, which the ACME issuer cannot give yet; ` +
    `the certificate authority offers ${offered}. The local issuer (MOORING_ISSUER=local) issues wildcards. ` +
    `Or register each name under ${baseOf(hostname)} by itself.`
  )
}
