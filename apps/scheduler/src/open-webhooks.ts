import { domainResource, type EdgeIdentity, type KeyCustody } from '@mooring/core'
import { createWebhookFanOut, createWebhookOutbox, type Database } from '@mooring/postgres'
import { createAddressLookUp, createWebhookSender, type SendWebhook } from '@mooring/providers'
import type { Meter } from '@mooring/runtime'
import type { Webhooks } from './run-webhooks.ts'

export interface WebhookOptions {
  database: Database
  custody: KeyCustody
  /** Named in the records that messages show. */
  edge: EdgeIdentity
  allow: readonly string[]
  /** `ip:port`; without any, the machine's own. */
  dnsServers?: readonly string[] | undefined
  meter: Meter
}

/** Messages show the domain as the API does. */
export function openWebhooks({ database, custody, edge, allow, dnsServers, meter }: WebhookOptions): Webhooks {
  return {
    custody,
    fanOut: createWebhookFanOut(database, ({ id, actor, data }, view) => ({
      id: String(id),
      actor,
      domain: domainResource(view, edge),
      facts: data,
    })),
    outbox: createWebhookOutbox(database),
    send: measure(createWebhookSender({ allow, lookUp: createAddressLookUp(dnsServers) }), meter),
  }
}

const measure =
  (send: SendWebhook, meter: Meter): SendWebhook =>
  async (request, signal) => {
    const answer = await send(request, signal)
    meter.count('mooring_webhook_deliveries_total', { result: answer.kind })
    return answer
  }
