import { CaProblem, type Hostname, type OrderNeed, type PlacedOrder, baseOf } from '@mooring/core'
import { type OpenChallenge, openChallengeOf, proofOf } from './challenge.ts'
import type { AcmeClient } from './client.ts'
import type { KnownOrders } from './known-orders.ts'
import { newOrder } from './new-order.ts'
import { type Authorization, readAuthorization } from './order.ts'

interface Placing extends OrderNeed {
  profile: string | undefined
  signal: AbortSignal
}

/** newOrder, then the challenge of every name that is not yet authorized (RFC 8555 §7.4, §7.5). */
export async function placeOrder(client: AcmeClient, known: KnownOrders, placing: Placing): Promise<PlacedOrder> {
  const { hostname, challenge: type, signal } = placing
  const { order, replaces } = await newOrder(client, placing)
  const open: OpenChallenge[] = []
  for (const authzUrl of order.status === 'ready' ? [] : order.authorizations) {
    const authorization = await readAuthorization(client, authzUrl, signal)
    expectIdentifier(authorization, hostname)
    const challenge = openChallengeOf(authorization, type)
    if (challenge !== null) open.push(challenge)
  }
  const challenges = open.map(async ({ token }) =>
    proofOf(await client.keyAuthorization(token, signal), { hostname, type, token }),
  )
  known.remember(order.url, { stage: 'placed', challengeUrls: open.map(({ url }) => url) })
  return { orderUrl: order.url, challenges: await Promise.all(challenges), replaces }
}

function expectIdentifier({ identifier }: Authorization, hostname: Hostname): void {
  // RFC 8555 §7.1.4: the authorization of a wildcard names its base.
  if (identifier.value.toLowerCase() === baseOf(hostname)) return
  throw new CaProblem('unexpectedAnswer', `The CA wants ${identifier.value.slice(0, 253)} proved, not ${hostname}.`)
}
