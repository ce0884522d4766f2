import type { OrderProgress, OrderToProve } from '@mooring/core'
import { openChallengeOf } from './challenge.ts'
import type { AcmeClient } from './client.ts'
import type { KnownOrders } from './known-orders.ts'
import { type Order, asLostOrder, readAuthorization, readOrder, whyInvalid } from './order.ts'
import { pollOrder } from './poll-order.ts'
import { retryAtOf } from './problem.ts'

interface Validation extends OrderToProve {
  signal: AbortSignal
}

/**
 * Asks the CA to look at the challenges that it has not looked at, and waits for the order to become ready. Everything
 * is read from the order's URL, except right after the order was placed here.
 */
export async function validateOrder(
  client: AcmeClient,
  known: KnownOrders,
  validation: Validation,
): Promise<OrderProgress> {
  const { orderUrl, signal } = validation
  const placed = known.take(orderUrl, 'placed')
  const order = placed === null ? await pickUp(client, validation) : await ask(client, placed.challengeUrls, validation)
  if (!('status' in order)) return { status: 'pending', retryAt: order.retryAt }

  if (order.status === 'invalid') throw await whyInvalid(client, order, signal)
  if (order.status === 'ready') known.remember(orderUrl, { stage: 'ready', finalizeUrl: order.finalize })
  // `processing` and `valid` are behind us: an earlier run finalized, and finalizeOrder picks that up.
  return { status: 'ready' }
}

/** The order after it left `pending`, or when to come back. */
type Asked = Promise<Order | { retryAt: Date }>

async function pickUp(client: AcmeClient, validation: Validation): Asked {
  const order = await readOrder(client, validation.orderUrl, validation.signal)
  if (order.status !== 'pending') return order
  return ask(client, await untouchedChallenges(client, order, validation), validation)
}

async function untouchedChallenges(
  client: AcmeClient,
  order: Order,
  { challenge: type, signal }: Validation,
): Promise<string[]> {
  const urls: string[] = []
  for (const authzUrl of order.authorizations) {
    const challenge = openChallengeOf(await readAuthorization(client, authzUrl, signal), type)
    if (challenge?.status === 'pending') urls.push(challenge.url)
  }
  return urls
}

async function ask(client: AcmeClient, challengeUrls: string[], { orderUrl, signal }: Validation): Asked {
  let retryAt: Date | null = null
  for (const url of challengeUrls) {
    retryAt = retryAtOf(
      await client.post({ what: 'challenge', url, payload: {}, signal }).catch(asLostOrder),
      client.clock.now(),
    )
  }
  return pollOrder(client, { orderUrl, leaves: 'pending', retryAt, signal })
}
