import type { Page, Paged } from './registry.ts'
import type { Contact, CustomerTopic } from '../notification/customer-topic.ts'
import type { Notice } from '../notification/notice-group.ts'
import type { Silence } from '../notification/silence.ts'

/** What was told, or held back, as people look at it. */
export interface ToldNotice {
  id: string
  at: Date
  kind: Notice['kind']
  code: string
  group: string
  tenant: string | null
  count: number
  text: string
  /** Why it has not gone out everywhere; null when it has, or when the only channel is the log. */
  held: 'silenced' | 'capped' | null
  deliveries: {
    channel: string
    status: 'pending' | 'sent' | 'failed'
    attempt: number
    error: string | null
    at: Date | null
  }[]
}

export interface NoticeDesk {
  /** Newest first. */
  list(page: Page): Promise<Paged<ToldNotice>>
  /** Those in force. */
  silences(): Promise<Silence[]>
  addSilence(silence: Silence): Promise<void>
  /** Ends it now: what it held back is told. False when there is none in force. */
  endSilence(id: string): Promise<boolean>
}

/** For whom a contact is: a tenant, or one of its domains. */
export interface ContactPlace {
  tenant: string
  domainId: string | null
}

export interface ContactBook {
  find(place: ContactPlace): Promise<Contact | null>
  /** A changed address starts with every topic, and with links of its own. Null: the tenant has no such domain. */
  put(place: ContactPlace, contact: { email: string; locale: string }): Promise<Contact | null>
  remove(place: ContactPlace): Promise<boolean>
  /** Ends a topic's mails by the token of one; false when the token is not good, or not any more. */
  unsubscribe(token: string): Promise<boolean>
  /** Whether the token is good, without using it; the topic if it is. */
  topicOf(token: string): Promise<CustomerTopic | null>
}
