import { readMessages } from './event-stream.ts'
import { pathOf } from './path.ts'
import { pause } from './pause.ts'
import { type Connection, judge, open, orSilence } from './request.ts'
import { waitBeforeRetry } from './retry.ts'

/** Something that happened to a domain. */
export interface LiveEvent {
  id: string
  at: string
  type: string
  actor: string
  domain_id: string
  hostname: string
  tenant: string
  state: string
  data: Record<string, unknown>
}

export interface EventOptions {
  tenant?: string | undefined
  /** An id. */
  domain?: string | undefined
  type?: string[] | undefined
  /** The id of the last event that was seen: those after it come first. */
  after?: string | undefined
  signal?: AbortSignal | undefined
  /** Called when the stream is open, and when it is open again. */
  onOpen?: (() => void) | undefined
  /** Called when events were missed, after an interruption that was too long: what is shown is to be read anew. */
  onReset?: (() => void) | undefined
}

/** The server says something every few seconds, if only that it is there. */
const QUIET_MS = 60_000

/** What happens from now on, without a gap: a stream that breaks is opened again where it ended. Ends with the signal. */
export async function* readEvents(connection: Connection, options: EventOptions): AsyncGenerator<LiveEvent, void> {
  const { signal } = options
  let { retry } = connection
  let { after } = options
  const onOpen = () => {
    // A stream that was there comes again, however long its server takes to restart.
    retry = { ...retry, attempts: Infinity }
    options.onOpen?.()
  }
  for (let failures = 0; ; ) {
    try {
      for await (const { id, event, data } of openStream(connection, { ...options, after, onOpen })) {
        failures = 0
        if (id !== '') after = id
        if (event === 'reset') options.onReset?.()
        else if (data !== null) yield JSON.parse(data) as LiveEvent
      }
      await pause(retry.baseMs, signal)
    } catch (error) {
      signal?.throwIfAborted()
      failures++
      const waitMs = waitBeforeRetry(error, { attempt: failures, isRepeatable: true, retry })
      if (waitMs === null) throw error
      await pause(waitMs, signal)
    }
  }
}

async function* openStream(connection: Connection, options: EventOptions) {
  const { after, onOpen, signal, tenant, domain, type } = options
  const quiet = new AbortController()
  const hangUp = () => quiet.abort(new DOMException('Nothing is heard of the server.', 'TimeoutError'))
  let timer = setTimeout(hangUp, connection.timeoutMs)
  try {
    const headers = { accept: 'text/event-stream', ...(after === undefined ? {} : { 'last-event-id': after }) }
    const call = { method: 'GET', path: pathOf('/v1/events', { query: { tenant, domain, type } }), headers, signal }
    const response = await open(connection, call, quiet.signal)
    if (!response.ok || response.body === null) judge(connection, response, await response.text())
    onOpen?.()
    yield* readMessages(piecesOf(response))
  } finally {
    clearTimeout(timer)
    quiet.abort()
  }

  async function* piecesOf({ body }: Response): AsyncGenerator<Uint8Array, void> {
    const reader = body?.getReader()
    for (;;) {
      clearTimeout(timer)
      timer = setTimeout(hangUp, QUIET_MS)
      const piece = await orSilence(connection, signal, async () => reader?.read())
      if (piece === undefined || piece.done) return
      yield piece.value
    }
  }
}
