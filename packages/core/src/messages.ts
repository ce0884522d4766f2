import { z } from 'zod'
import { LANES } from './domain/domain.ts'
import { DOMAIN_ID } from './ids.ts'
import { type Parsed, parsed, refused } from './errors.ts'

/** The only message there is: "look at this domain". It carries no truth; the claim decides. */
const hintSchema = z.strictObject({
  v: z.literal(1),
  domain_id: z.string().regex(DOMAIN_ID),
  lane: z.enum(LANES),
})

export interface Hint {
  domainId: string
  lane: (typeof LANES)[number]
}

/** Hints are about 80 bytes; anything much larger is not ours and is not even parsed. */
export const MAX_HINT_BYTES = 1024

export function encodeHint({ domainId, lane }: Hint): Buffer {
  return Buffer.from(JSON.stringify({ v: 1, domain_id: domainId, lane }))
}

export function parseHint(body: Buffer): Parsed<Hint> {
  if (body.length > MAX_HINT_BYTES) {
    return refused('MESSAGE_TOO_LARGE', `The message has ${body.length} bytes; a hint has at most ${MAX_HINT_BYTES}.`)
  }
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch {
    return refused('MESSAGE_NOT_JSON', 'The message is not JSON.')
  }
  const hint = hintSchema.safeParse(json)
  if (!hint.success) {
    const complaints = hint.error.issues.map((issue) => `${issue.path.join('.') || 'message'}: ${issue.message}`)
    return refused('MESSAGE_UNKNOWN', `The message is not a hint of version 1 (${complaints.join('; ')}).`)
  }
  return parsed({ domainId: hint.data.domain_id, lane: hint.data.lane })
}

/** A message that no worker could take, as kept in Postgres for ops. */
export interface DeadLetter {
  queue: string
  /** Why it is here: what `parseHint` says of the body, else what the broker says (`x-death`). */
  code: string
  detail: string
  /** The first 4 kB of the body, decoded leniently. */
  excerpt: string
  bytes: number
}
