import { CaProblem, type Finalized } from '@mooring/core'
import type { AcmeClient } from './client.ts'
import { downloadChain } from './download-chain.ts'
import { base64url } from './jws.ts'
import type { KnownOrders } from './known-orders.ts'
import { type Order, asLostOrder, orderOf, readOrder, whyInvalid } from './order.ts'
import { pollOrder } from './poll-order.ts'

interface Finalization {
  orderUrl: string
  csrDer: Buffer
  /** See `downloadChain`. */
  preferredChain: string | undefined
  signal: AbortSignal
}

/**
 * Takes the order from where it stands to the certificate (RFC 8555 §7.4). Only a `ready` order is finalized; one that
 * an earlier run finalized is waited for and downloaded.
 */
export async function finalizeOrder(
  client: AcmeClient,
  known: KnownOrders,
  finalization: Finalization,
): Promise<Finalized> {
  const { orderUrl, signal } = finalization
  const ready = known.take(orderUrl, 'ready')
  let order =
    ready === null ? await pickUp(client, finalization) : await submit(client, ready.finalizeUrl, finalization)

  if (order.status === 'processing') {
    const polled = await pollOrder(client, { orderUrl, leaves: 'processing', retryAt: order.retryAt, signal })
    if (!('status' in polled)) return { status: 'processing', retryAt: polled.retryAt }
    order = polled
  }
  if (order.status === 'invalid') throw await whyInvalid(client, order, signal)
  if (order.status !== 'valid') throw new CaProblem('orderNotReady', `The order is ${order.status}, not ready.`)
  const { certificate: certificateUrl } = order
  if (certificateUrl === undefined) throw new CaProblem('unexpectedAnswer', 'The valid order names no certificate.')
  return { status: 'issued', chainPem: await downloadChain(client, { ...finalization, certificateUrl }) }
}

async function pickUp(client: AcmeClient, finalization: Finalization): Promise<Order> {
  const order = await readOrder(client, finalization.orderUrl, finalization.signal)
  return order.status === 'ready' ? submit(client, order.finalize, finalization) : order
}

async function submit(
  client: AcmeClient,
  finalizeUrl: string,
  { orderUrl, csrDer, signal }: Finalization,
): Promise<Order> {
  try {
    return orderOf(
      await client.post({ what: 'finalize', url: finalizeUrl, payload: { csr: base64url(csrDer) }, signal }),
      orderUrl,
      client,
    )
  } catch (error) {
    if (!(error instanceof CaProblem)) throw error
    // Somebody was here before: an earlier request of ours whose answer was lost.
    if (error.type === 'orderNotReady') return readOrder(client, orderUrl, signal)
    return asLostOrder(error)
  }
}
