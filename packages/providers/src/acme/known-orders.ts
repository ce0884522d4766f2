/**
 * What this process just learned of an order, to spare the requests that would tell it again. Each fact is used once:
 * a repetition reads everything anew from the order's URL, which is all that a crash leaves.
 */
type KnownOrder = { stage: 'placed'; challengeUrls: string[] } | { stage: 'ready'; finalizeUrl: string }

const MAX_KNOWN = 1000

export interface KnownOrders {
  remember(orderUrl: string, order: KnownOrder): void
  /** What is known if the order was left at that stage; it is forgotten either way. */
  take<Stage extends KnownOrder['stage']>(orderUrl: string, stage: Stage): Extract<KnownOrder, { stage: Stage }> | null
}

export function createKnownOrders(): KnownOrders {
  const orders = new Map<string, KnownOrder>()
  return {
    remember(orderUrl, order) {
      orders.delete(orderUrl)
      orders.set(orderUrl, order)
      const [oldest] = orders.keys()
      if (orders.size > MAX_KNOWN && oldest !== undefined) orders.delete(oldest)
    },
    take<Stage extends KnownOrder['stage']>(orderUrl: string, stage: Stage) {
      const order = orders.get(orderUrl)
      orders.delete(orderUrl)
      return order?.stage === stage ? (order as Extract<KnownOrder, { stage: Stage }>) : null
    },
  }
}
