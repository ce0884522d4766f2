import {
  AppError,
  type Clock,
  type KeyCustody,
  type Log,
  SECOND,
  signedHeaders,
  webhookRetryDelay,
  type WebhookTry,
} from '@mooring/core'
import type { OutgoingWebhook, WebhookOutbox, WebhookVerdict } from '@mooring/postgres'
import type { SendWebhook, WebhookAnswer } from '@mooring/providers'

export interface WebhookSending {
  outbox: WebhookOutbox
  send: SendWebhook
  custody: KeyCustody
  clock: Clock
  log: Log
  /** Sends are broken off, and their messages given back. */
  signal: AbortSignal
  /** Called when a message left this process's hands: there may be another. */
  onSettled(): void
}

export interface WebhookPostman {
  /** Takes what is due and begins to send it; see `runTask`. */
  turn(): Promise<number>
  /** Resolves when nothing is in hand any more. */
  settled(): Promise<void>
}

const AT_ONCE = 32
const OF_ONE_WEBHOOK = 8
/** For retries and for what another process left. */
const POLL_MS = SECOND
/** Far longer than the sender's deadline. */
const LEASE_MS = 30 * SECOND

/**
 * Sends many messages at once. A webhook has one place of all until it has taken something, and again after it did not,
 * so that endpoints that hang hold up the others only when there are as many of them as places.
 */
export function createWebhookPostman(options: WebhookSending): WebhookPostman {
  const { outbox, log, signal, onSettled } = options
  const inHand = new Set<Promise<void>>()
  const proven = new Set<string>()

  function begin(message: OutgoingWebhook): void {
    const sending = deliver(message, options)
      .then((kind) => {
        if (kind === 'delivered') proven.add(message.webhookId)
        else if (kind !== 'released') proven.delete(message.webhookId)
      })
      // The lease ends, and it is sent once more.
      .catch((err: unknown) => log.warn({ err, messageId: message.id }, 'webhook message could not be settled'))
      .finally(() => {
        inHand.delete(sending)
        onSettled()
      })
    inHand.add(sending)
  }

  return {
    async turn() {
      while (!signal.aborted && inHand.size < AT_ONCE) {
        const limit = AT_ONCE - inHand.size
        const messages = await outbox.claim({
          limit,
          perWebhook: OF_ONE_WEBHOOK,
          proven: [...proven],
          leaseMs: LEASE_MS,
        })
        messages.forEach(begin)
        if (messages.length < limit) break
      }
      return POLL_MS
    },
    async settled() {
      await Promise.all(inHand)
    },
  }
}

async function deliver(
  message: OutgoingWebhook,
  { outbox, send, custody, clock, log, signal }: WebhookSending,
): Promise<WebhookVerdict['kind'] | 'released'> {
  const { id, webhookId, url, attempt } = message
  const at = clock.now()
  const began = performance.now()
  const body = JSON.stringify(message.body)
  const secrets = openSecrets(message, custody, log)
  const requestHeaders = signedHeaders({ id, at, body }, secrets)
  const sending =
    secrets.length === 0 ? Promise.resolve(UNSIGNED) : send({ url, headers: requestHeaders, body }, signal)
  const answer = await sending.catch((error: unknown) => {
    if (!signal.aborted) throw error
    return null
  })
  if (answer === null) {
    await outbox.release(message)
    return 'released'
  }

  const { status, error, excerpt } = answer
  const tried: WebhookTry = { at: at.toISOString(), ms: Math.round(performance.now() - began), status, error, excerpt }
  const kind = ({ taken: 'delivered', refused: 'failed', gone: 'gone' } as const)[answer.kind]
  const delayMs = kind === 'failed' ? webhookRetryDelay(attempt, answer.retryAfterMs, Math.random) : null
  await outbox.settle(message, { kind, tried, requestHeaders, delayMs })
  const facts = { webhookId, messageId: id, attempt, status, error }
  if (kind === 'gone') log.warn(facts, 'webhook disabled: its receiver is gone')
  else if (kind === 'failed' && delayMs === null) log.warn(facts, 'webhook message given up')
  else log.debug({ ...facts, delayMs }, kind === 'failed' ? 'webhook message put off' : 'webhook message delivered')
  return kind
}

/** Nobody could tell it from somebody else's. */
const UNSIGNED: WebhookAnswer = {
  kind: 'refused',
  status: null,
  error: 'not sent: the secret that signs it cannot be opened',
  excerpt: null,
  retryAfterMs: null,
}

function openSecrets({ webhookId, sealedSecrets }: OutgoingWebhook, custody: KeyCustody, log: Log): string[] {
  return sealedSecrets.flatMap((sealed) => {
    try {
      return [custody.open(sealed, { ownerId: webhookId, secretId: 'webhook-secret' })]
    } catch (err) {
      if (!(err instanceof AppError)) throw err
      log.error({ err, webhookId }, 'secret of a webhook does not open')
      return []
    }
  })
}
