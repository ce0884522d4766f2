import { createHmac, timingSafeEqual } from 'node:crypto'
import { CUSTOMER_TOPICS, type CustomerTopic } from './customer-topic.ts'

const TOKEN = /^(con_[0-9a-f-]{36})\.([a-z_]{1,40})\.([A-Za-z0-9_-]{43})$/

/** What the link in a mail carries: whom and which topic, signed with the contact's own secret, which ends with it. */
export function unsubscribeToken(contact: { id: string; secret: string }, topic: CustomerTopic): string {
  return `${contact.id}.${topic}.${signature(contact, topic)}`
}

/** Whom and which topic a token claims to be of; null when it is none. Nothing is proved yet. */
export function readUnsubscribeToken(token: string): { contactId: string; topic: CustomerTopic } | null {
  const [, contactId = '', name = ''] = TOKEN.exec(token) ?? []
  const topic = CUSTOMER_TOPICS.find((known) => known === name)
  return topic === undefined ? null : { contactId, topic }
}

export function isUnsubscribeToken(
  token: string,
  contact: { id: string; secret: string },
  topic: CustomerTopic,
): boolean {
  const expected = Buffer.from(unsubscribeToken(contact, topic))
  const given = Buffer.from(token)
  return expected.length === given.length && timingSafeEqual(expected, given)
}

const signature = ({ id, secret }: { id: string; secret: string }, topic: string): string =>
  createHmac('sha256', secret).update(`unsubscribe ${id} ${topic}`).digest('base64url')
