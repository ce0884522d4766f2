import { type DeadLetter, parseHint } from '@mooring/core'

const EXCERPT_BYTES = 4096

/** What a broker says of a message that it gave up on: RabbitMQ's `x-death`, the latest death first. */
export interface Death {
  queue: string
  /** Such as `rejected` or `delivery_limit`. */
  reason: string
}

/** Hints are well-formed; one that died all the same was handed out too often, or found its queue in the way. */
const DETAILS: Record<string, string> = {
  delivery_limit: 'Workers gave the message back too often. The domain itself is safe: the scheduler hints it again.',
  rejected: 'A worker refused the message, though it is a hint of version 1.',
}

/** Why a message is here: what `parseHint` says of its body, else what the broker says. */
export function describeDeadLetter(body: Buffer, death: Death): DeadLetter {
  const hint = parseHint(body)
  const code = hint.ok ? death.reason.toUpperCase() : hint.code
  const detail = hint.ok ? (DETAILS[death.reason] ?? `The broker says "${death.reason}".`) : hint.message
  const excerpt = body.subarray(0, EXCERPT_BYTES).toString('utf8')
  return { queue: death.queue, code, detail: storable(detail), excerpt: storable(excerpt), bytes: body.length }
}

/** A message may hold anything; text in a database holds neither NUL nor half a surrogate pair. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD')
