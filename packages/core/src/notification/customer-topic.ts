import { REASONS, type ReasonCode } from '../reasons.ts'
import type { RequiredRecord } from '../domain/records.ts'

/** What a customer may be told of, each in a mail of its own and left alone for good by whoever wants no more of it. */
export const CUSTOMER_TOPICS = [
  'records_to_add',
  'records_still_missing',
  'rotation',
  'proof_lost',
  'certificate_trouble',
  'leaving',
  'left',
] as const
export type CustomerTopic = (typeof CUSTOMER_TOPICS)[number]

/** Where a customer is told what concerns their domains. */
export interface Contact {
  /** `con_` and a UUIDv7. */
  id: string
  tenant: string
  /** Null: for every domain of the tenant that has no contact of its own. */
  domainId: string | null
  email: string
  /** A language tag such as `de`; templates in other languages are the operator's. */
  locale: string
  unsubscribed: CustomerTopic[]
  createdAt: Date
}

/** What a mail says of one domain. Nothing else of it goes out. */
export interface ToldDomain {
  hostname: string
  records: Pick<RequiredRecord, 'type' | 'name' | 'value'>[]
  /** Until when something has to be done, or what ends; a day such as `2026-11-21`. */
  deadline: string | null
  /** The general words for a trouble that the customer can end; null otherwise. */
  trouble: string | null
}

export interface CustomerMessage {
  topic: CustomerTopic
  locale: string
  tenant: string
  domains: ToldDomain[]
  /** Ends these mails. */
  unsubscribeUrl: string | null
}

/** A reason in words that are safe for a customer: the table's own, and only for what the customer can end. */
export function troubleFor(code: string | null): string | null {
  const known = (REASONS as Record<string, (typeof REASONS)[ReasonCode] | undefined>)[code ?? '']
  return known?.actor === 'customer' ? known.means : null
}
