import { cidrs } from './settings.ts'

/** Fields to spread into the schema of every app that has to do with webhooks. */
export const webhookSettings = {
  /** Private addresses (CIDR blocks) that webhooks may go to, and without TLS; all others must be public and https. */
  MOORING_WEBHOOK_ALLOW: cidrs().default([]),
}
