/** A channel that carries notices to people, such as a chat's webhook. */
export interface NoticeSender {
  /** As stored with each delivery: what is written for one channel is never sent by another. */
  readonly channel: string
  /** Sends one message, bounded by a deadline. Never throws for what the other side may do. */
  send(message: NoticeMessage): Promise<SendAnswer>
}

/** A delivery's body; JSON-safe. */
export interface NoticeMessage {
  text: string
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
