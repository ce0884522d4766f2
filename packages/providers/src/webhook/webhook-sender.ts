import { isIP } from 'node:net'
import { type AddressRules, hostOf, refusalOf, SECOND } from '@mooring/core'
import { retryAfterMs } from '../retry-after.ts'
import { type LookUpAddresses, createAddressLookUp } from './look-up-addresses.ts'
import { type Answer, post } from './post.ts'

export interface WebhookSenderOptions {
  /** CIDRs that are asked although they are private; only there over plain HTTP. */
  allow: readonly string[]
  lookUp?: LookUpAddresses
  /** PEM of an authority to trust in place of the well-known ones. */
  ca?: string | undefined
  /** For everything, from the look-up to the last byte that is read. */
  deadlineMs?: number
}

interface WebhookRequest {
  url: string
  headers: Record<string, string>
  body: string
}

/** What a receiver answered, or why it did not. `error` is null when it took the message. */
export interface WebhookAnswer {
  /** `gone`: it wants no more messages (410). */
  kind: 'taken' | 'refused' | 'gone'
  status: number | null
  error: string | null
  /** The beginning of the answer, printable. */
  excerpt: string | null
  /** What the receiver asks to wait. */
  retryAfterMs: number | null
}

/** Never throws for what is outside; rejects with the signal's reason only. */
export type SendWebhook = (request: WebhookRequest, signal: AbortSignal) => Promise<WebhookAnswer>

const DEADLINE_MS = 10 * SECOND

/**
 * Posts to addresses that strangers choose. The name is looked up here, every address is judged, and the connection goes
 * to the one that was judged: a name that answers differently a moment later changes nothing. No redirect is followed,
 * no proxy of the environment is used, and no connection is kept.
 */
export function createWebhookSender({
  allow,
  lookUp = createAddressLookUp(),
  ca,
  deadlineMs = DEADLINE_MS,
}: WebhookSenderOptions): SendWebhook {
  return async (request, signal) => {
    signal.throwIfAborted()
    const deadline = AbortSignal.timeout(deadlineMs)
    const over = AbortSignal.any([signal, deadline])
    try {
      const url = new URL(request.url)
      const addresses = await untilOver(addressesOf(hostOf(url), lookUp), over)
      const forbidden = addresses.map((address) => complaintAbout(address, url, { allow })).find(Boolean)
      if (forbidden !== undefined && forbidden !== null) return noAnswer(forbidden)
      return verdictOn(await postToFirst(addresses, { ...request, url, ca }, over))
    } catch (error) {
      signal.throwIfAborted()
      if (deadline.aborted) return noAnswer(`no answer within ${deadlineMs / SECOND} s`)
      return noAnswer(reasonOf(error))
    }
  }
}

const addressesOf = async (host: string, lookUp: LookUpAddresses): Promise<string[]> =>
  isIP(host) === 0 ? lookUp(host) : [host]

/** A look-up cannot be stopped, only left. */
async function untilOver<T>(work: Promise<T>, over: AbortSignal): Promise<T> {
  const left = Promise.withResolvers<never>()
  const leave = () => left.reject(over.reason)
  over.addEventListener('abort', leave, { once: true })
  return Promise.race([work, left.promise]).finally(() => over.removeEventListener('abort', leave))
}

/** One address that is forbidden forbids the name: nobody has a good reason to mix them. */
function complaintAbout(address: string, { protocol }: URL, rules: AddressRules): string | null {
  if (isIP(address) === 0 || refusalOf(address, rules) !== null) return `${address} is not a public address`
  const isPlain = protocol !== 'https:'
  return isPlain && refusalOf(address, { allow: [] }) === null
    ? 'plain HTTP goes to allowed private addresses only'
    : null
}

const NO_CONNECTION = ['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']

/** The next address only when nothing was sent to the one before. */
async function postToFirst(
  addresses: readonly string[],
  request: Omit<Parameters<typeof post>[0], 'address'>,
  over: AbortSignal,
): Promise<Answer> {
  let failure: unknown = new Error('the name has no address')
  for (const address of addresses) {
    try {
      return await post({ ...request, address }, over)
    } catch (error) {
      failure = error
      if (!NO_CONNECTION.includes(codeOf(error))) break
    }
  }
  throw failure
}

function verdictOn({ status, headers, text }: Answer): WebhookAnswer {
  const excerpt = text === '' ? null : text
  const wait = retryAfterMs(headers['retry-after'])
  const answer = { status, excerpt, retryAfterMs: wait }
  if (status >= 200 && status < 300) return { kind: 'taken', error: null, ...answer }
  if (status === 410) return { kind: 'gone', error: 'answered 410: gone', ...answer }
  const isRedirect = status >= 300 && status < 400
  return {
    kind: 'refused',
    error: isRedirect ? `answered ${status}: redirects are not followed` : `answered ${status}`,
    ...answer,
  }
}

const noAnswer = (error: string): WebhookAnswer => ({
  kind: 'refused',
  status: null,
  error,
  excerpt: null,
  retryAfterMs: null,
})

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

const WORDS: Record<string, string> = {
  ENOTFOUND: 'the name does not exist',
  ENODATA: 'the name has no address',
  EAI_AGAIN: 'the name could not be looked up',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'host unreachable',
  HPE_HEADER_OVERFLOW: 'too many headers',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
  CERT_HAS_EXPIRED: 'the certificate has expired',
}

/** In plain words; what a certificate lacks is told as OpenSSL does. */
function reasonOf(error: unknown): string {
  const code = codeOf(error)
  const words = WORDS[code]
  if (words !== undefined) return words
  if (code.startsWith('HPE_')) return 'not HTTP'
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return 'TLS handshake failed'
  if (/CERT|SIGNED|ISSUER|LEAF/.test(code)) return `the certificate is not trusted (${code})`
  return code === '' ? 'no answer' : `no answer (${code})`
}
