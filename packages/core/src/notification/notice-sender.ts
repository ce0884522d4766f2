import type { CustomerTopic } from './customer-topic.ts'

/** A channel that carries notices to people, such as a chat's webhook. */
export interface NoticeSender {
  /** As stored with each delivery: what is written for one channel is never sent by another. */
  readonly channel: string
  /** Whether it is kept for escalations. */
  readonly isForEscalations?: boolean
  /** Sends one message, bounded by a deadline. Never throws for what the other side may do. */
  send(message: NoticeMessage): Promise<SendAnswer>
}

/** A delivery's body with its id; JSON-safe. The release before this one wrote the text alone. */
export interface NoticeMessage {
  /** The same at each try, so that a receiver knows a repetition. */
  id: string
  text: string
  isUrgent?: boolean
  /** What the text tells of, for machines. */
  notices?: NoticeFact[]
  /** Of a mail to a customer. Without the address, which is looked up when it goes out. */
  mail?: { contactId: string; topic: CustomerTopic; subject: string; html: string; unsubscribeUrl: string | null }
}

export interface NoticeFact {
  kind: string
  code: string
  group: string
  tenant: string | null
  count: number
}

/**
 * - `sent`     the channel took it
 * - `retry`    it may take it later, not before `retryAfterMs` if it said so
 * - `refused`  it never will, as this message and this address stand
 *
 * `detail` is stored and shown to operators: never the address, which is a secret in itself.
 */
export type SendAnswer =
  | { kind: 'sent' }
  | { kind: 'retry'; detail: string; retryAfterMs: number | null }
  | { kind: 'refused'; detail: string }
