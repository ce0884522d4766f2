/** What a delivery tells, once it is known to be genuine. */
export interface WebhookEvent<Data = Record<string, unknown>> {
  /** Of the message: the same for each try to deliver it, so that it can be acted on once. */
  id: string
  type: string
  timestamp: string
  data: Data
}

export type WebhookFault =
  | 'header_missing'
  | 'secret_invalid'
  | 'too_old'
  | 'too_new'
  | 'signature_wrong'
  | 'body_invalid'

/** The delivery is not to be believed; answer it with 400. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError'
  readonly fault: WebhookFault

  constructor(fault: WebhookFault, message: string) {
    super(message)
    this.fault = fault
  }
}

export type WebhookHeaders = Headers | Record<string, string | readonly string[] | undefined>

const TOLERANCE_MS = 5 * 60_000

/**
 * Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec): `webhook-signature` holds HMAC-SHA256 of
 * `id.timestamp.body`, one for each secret that is good at present. `body` is what arrived, byte for byte: JSON that was
 * parsed and written again is another text. `secret` is `whsec_…`; several while they are being changed.
 */
export async function verifyWebhook(
  headers: WebhookHeaders,
  body: string | Uint8Array,
  secret: string | readonly string[],
): Promise<WebhookEvent> {
  const id = headerOf(headers, 'webhook-id')
  const timestamp = headerOf(headers, 'webhook-timestamp')
  const signatures = headerOf(headers, 'webhook-signature')
  assertRecent(timestamp)
  const bytes = typeof body === 'string' ? encode(body) : body
  const signed = joined(encode(`${id}.${timestamp}.`), bytes)
  for (const key of await Promise.all([secret].flat().map(importKey))) {
    for (const signature of signatures.split(' ')) {
      if (await fits(key, signature, signed)) return readEvent(id, new TextDecoder().decode(bytes))
    }
  }
  throw new WebhookError('signature_wrong', 'No signature fits: this is not from who holds the secret, or was changed.')
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : entryOf(headers, name)
  if (typeof value === 'string' && value !== '') return value
  throw new WebhookError('header_missing', `The header ${name} is needed once.`)
}

/** Node gives names in lower case; other servers as they came. */
const entryOf = (headers: Exclude<WebhookHeaders, Headers>, name: string) =>
  Object.entries(headers).find(([given]) => given.toLowerCase() === name)?.[1]

/** An old delivery may be one that somebody recorded. */
function assertRecent(timestamp: string): void {
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookError('header_missing', 'webhook-timestamp is no time.')
  const ageMs = Date.now() - Number(timestamp) * 1000
  if (ageMs > TOLERANCE_MS) throw new WebhookError('too_old', 'This was sent more than five minutes ago.')
  if (ageMs < -TOLERANCE_MS) throw new WebhookError('too_new', 'This comes from the future: look at both clocks.')
}

type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>

function importKey(secret: string): Promise<Key> {
  const bytes = decodeBase64(secret.replace(/^whsec_/, ''))
  if (bytes === null || bytes.length === 0) {
    throw new WebhookError('secret_invalid', 'A secret is whsec_ and base64 after it.')
  }
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

/** WebCrypto compares in constant time. Versions that are not known say nothing. */
async function fits(key: Key, signature: string, signed: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const bytes = signature.startsWith('v1,') ? decodeBase64(signature.slice('v1,'.length)) : null
  return bytes !== null && crypto.subtle.verify('HMAC', key, bytes, signed)
}

function readEvent(id: string, text: string): WebhookEvent {
  try {
    const { type, timestamp, data } = JSON.parse(text) as Record<string, unknown>
    if (typeof type === 'string' && typeof timestamp === 'string' && typeof data === 'object' && data !== null) {
      return { id, type, timestamp, data: data as Record<string, unknown> }
    }
  } catch {
    // As any other body that is no event.
  }
  throw new WebhookError('body_invalid', 'The body is genuine, but no event.')
}

const encode = (text: string) => new TextEncoder().encode(text)

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(head.length + tail.length)
  whole.set(head)
  whole.set(tail, head.length)
  return whole
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}
