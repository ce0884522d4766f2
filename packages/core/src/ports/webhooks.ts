import type { SealedKey } from '../certificate/sealed-key.ts'
import type { EventType } from '../event/event-types.ts'
import type { Page, Paged } from './registry.ts'

/** A platform's address that is told of events. Never its secret. */
export interface Webhook {
  id: string
  url: string
  /** Whose domains it hears of; null hears of all. */
  tenant: string | null
  /** Null for all. */
  types: EventType[] | null
  description: string
  disabledAt: Date | null
  /** `gone`: it answered 410. */
  disabledBecause: 'gone' | 'operator' | null
  /** Until when the secret before signs as well. */
  previousUntil: Date | null
  createdAt: Date
  createdBy: string
  updatedAt: Date
}

export interface WebhookChange {
  url?: string | undefined
  types?: EventType[] | null | undefined
  description?: string | undefined
  enabled?: boolean | undefined
}

export type DeliveryStatus = 'pending' | 'delivered' | 'failed'

/** One try to send. */
export interface WebhookTry {
  /** RFC 3339. */
  at: string
  ms: number
  /** HTTP's, if there was an answer. */
  status: number | null
  /** Why it does not count as delivered; null when it does. */
  error: string | null
  /** The beginning of the answer, printable. */
  excerpt: string | null
}

/** A message to one webhook, as people look at it. */
export interface WebhookDelivery {
  id: string
  webhookId: string
  /** Null for a test. */
  domainId: string | null
  type: string
  body: Record<string, unknown>
  status: DeliveryStatus
  attempt: number
  /** When it is tried next; null while one before it has to go first, and when it is settled. */
  nextAt: Date | null
  requestHeaders: Record<string, string> | null
  tries: WebhookTry[]
  createdAt: Date
  settledAt: Date | null
}

/** What people do to webhooks: all of them, or one tenant's (`webhooksFor`). */
export interface WebhookStore {
  /** Null when the tenant, or the platform, has as many as it may. */
  create(
    webhook: Pick<Webhook, 'id' | 'url' | 'tenant' | 'types' | 'description' | 'createdBy'> & {
      sealedSecret: SealedKey
    },
  ): Promise<Webhook | null>
  find(id: string): Promise<Webhook | null>
  /** Newest first. */
  list(page: Page): Promise<Paged<Webhook>>
  /** One that is enabled again hears of what happens from now on, and gets what was left. */
  change(id: string, change: WebhookChange): Promise<Webhook | null>
  remove(id: string): Promise<boolean>
  /** The present secret signs beside the new one for `overlapMs`. */
  rotate(id: string, sealedSecret: SealedKey, overlapMs: number): Promise<Webhook | null>
  /** Newest first. */
  deliveries(id: string, filter: { status?: DeliveryStatus | undefined }, page: Page): Promise<Paged<WebhookDelivery>>
  delivery(id: string, deliveryId: string): Promise<WebhookDelivery | null>
  /** A message of no domain, due at once. */
  test(id: string, message: { id: string; body: Record<string, unknown> }): Promise<WebhookDelivery | null>
  /** Sends it again, under its id; null when there is none. */
  replay(id: string, deliveryId: string): Promise<WebhookDelivery | null>
  /** Sends everything again that was written since then; how many messages that is. */
  replaySince(id: string, since: Date): Promise<number>
}
