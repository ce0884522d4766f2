export type { Webhook, WebhookDelivery as Delivery } from '@mooring/client'
