import { setTimeout } from 'node:timers/promises'
import type { Log } from '@mooring/core'
import pg from 'pg'
import { toAppError } from './database-errors.ts'

export interface Listener {
  /** Whether the connection stands at this moment. */
  isConnected(): boolean
  close(): Promise<void>
}

interface ListenOptions {
  channel: string
  onPayload: (payload: string) => void
  connection: pg.ClientConfig
  log: Log
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000
// A connection that only reads never notices a peer that vanished without a word, so it asks now and then.
const PROBE_MS = 30_000

/** A LISTEN connection that is renewed for as long as it is wanted. See `Database.listen`. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { onPayload, log, channel } = options
  const closing = new AbortController()
  let renewal: Promise<void> = Promise.resolve()
  let current: pg.Client | null = null
  current = await connect(options, onBroken)
  const probe = setInterval(() => {
    const probed = current
    probed?.query('select 1').catch(() => onBroken(probed))
  }, PROBE_MS)
  probe.unref()

  function onBroken(client: pg.Client): void {
    if (client !== current || closing.signal.aborted) return
    current = null
    log.warn({ channel }, 'database notifications interrupted')
    void end(client) // A connection cut off by the network may take minutes to end; the new one does not wait for it.
    renewal = renew()
  }

  async function renew(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !closing.signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        current = await connect(options, onBroken)
        log.info({ channel }, 'database notifications resumed')
        onPayload('')
        return
      } catch (err) {
        log.debug({ channel, err }, 'database still away')
        await pause(pauseMs, closing.signal)
      }
    }
  }

  return {
    isConnected: () => current !== null,
    async close() {
      closing.abort()
      clearInterval(probe)
      await renewal
      if (current !== null) await end(current)
      current = null
    },
  }
}

/** A connection that listens. `onBroken` is called when it ends, however it does. */
async function connect(
  { channel, onPayload, connection }: ListenOptions,
  onBroken: (client: pg.Client) => void,
): Promise<pg.Client> {
  const client = new pg.Client(connection)
  let ended = false
  client.on('error', () => undefined) // Every error is followed by `end`; unheard it would end the process.
  client.on('end', () => {
    ended = true
    onBroken(client)
  })
  client.on('notification', ({ payload }) => onPayload(payload ?? ''))
  try {
    await client.connect()
    await client.query(`listen ${client.escapeIdentifier(channel)}`)
    if (ended) throw new Error('Connection terminated') // Before anybody could have been told.
    return client
  } catch (error) {
    await end(client)
    throw toAppError(error)
  }
}

/** Ends a connection that may already be dead; `pg` then has nothing to tell but that. */
const end = (client: pg.Client): Promise<void> => client.end().catch(() => undefined)

/** Ends early when the signal is aborted. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  setTimeout(ms, undefined, { signal }).catch(() => undefined)
