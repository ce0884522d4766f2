import type { Duplex } from 'node:stream'
import { AppError, type Log } from '@mooring/core'
import { type Channel, type ChannelModel, connect } from 'amqplib'
import { backoffMs, pause, within } from '../pause.ts'
import { explainBrokerError } from './broker-error.ts'

export interface Broker {
  /** `amqp://user:password@host:port/vhost` or `amqps://…`; `?heartbeat=` in seconds. */
  url: string
  /** How often a consumer looks whether the broker has forgotten it. */
  lookMs: number
  log: Log
}

export interface Supervision {
  /** Shown by the broker beside the connection. */
  name: string
  /** Opens channels and consumers, and returns the channels; calls `fail` whenever something it made dies later. */
  setUp(connection: ChannelModel, fail: (reason: Error) => void): Promise<Channel[]>
  /** What `setUp` made is dead. Called before the next `setUp`, also after one that failed half-way. */
  onLost(): void
}

export interface SupervisedConnection {
  isReady(): boolean
  /** Resolves once the first attempt has succeeded or failed. */
  firstAttempt: Promise<void>
  /** Closes for good. Never rejects. */
  close(): Promise<void>
}

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 10_000
const CONNECT_MS = 10_000
// A broker may accept a connection and then say nothing: frozen, or short of memory.
const SET_UP_MS = 15_000
const CLOSE_MS = 2000
// A connection that stood this long was a good one: the next failure counts as the first.
const STEADY_MS = 30_000

/**
 * Keeps one connection to the broker, with everything on it, for as long as it is wanted:
 *
 *     connect → set up (declare, open channels, consume) → ready → something dies → take all of it down → pause → connect
 *
 * One level only. A channel closed by the broker, a consumer cancelled because its queue was deleted, a missed heartbeat
 * and a socket that broke are the same event, and the answer is to build everything anew. That hands some messages out
 * twice, which is harmless: they are hints. amqplib's own recovery is not used: it leaves a dead channel dead.
 */
export function superviseConnection(broker: Broker, supervision: Supervision): SupervisedConnection {
  const { log } = broker
  const { name } = supervision
  const closing = new AbortController()
  const firstAttempt = Promise.withResolvers<void>()
  let ready = false
  let endLife: (reason: Error) => void = () => {}

  /** One connection, from its handshake to its end; always rejects with the reason. */
  async function live(): Promise<void> {
    const connection = await connect(broker.url, {
      timeout: CONNECT_MS,
      noDelay: true,
      keepAlive: true,
      clientProperties: { connection_name: `mooring ${name}` },
    })
    const death = Promise.withResolvers<never>()
    endLife = death.reject
    // Also when nobody waits for it any more.
    death.promise.catch(() => undefined)
    connection.on('error', death.reject)
    connection.on('close', (error?: Error) => death.reject(error ?? new Error('The connection was closed.')))
    let channels: Channel[] = []
    try {
      if (closing.signal.aborted) throw closed()
      const setUp = Promise.race([supervision.setUp(connection, death.reject), death.promise])
      if (!(await within(SET_UP_MS, setUp))) throw new Error(`The broker was silent for ${SET_UP_MS} ms.`)
      channels = await setUp
      ready = true
      log.info({ connection: name }, 'broker connected')
      firstAttempt.resolve()
      await death.promise
    } finally {
      ready = false
      supervision.onLost()
      await disconnect(connection, channels)
    }
  }

  async function liveOnAndOn(): Promise<void> {
    let failures = 0
    let told = ''
    while (!closing.signal.aborted) {
      const startedAt = performance.now()
      try {
        await live()
      } catch (error) {
        firstAttempt.resolve()
        if (closing.signal.aborted) break
        failures = performance.now() - startedAt > STEADY_MS ? 1 : failures + 1
        const message = explainBrokerError(error)
        // The same trouble again is not news; a broker that is away for an hour is one line.
        const tell = failures === 1 || message !== told ? log.warn.bind(log) : log.debug.bind(log)
        told = message
        tell({ connection: name, err: error, failures }, message)
      }
      const ms = backoffMs(failures, { firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS })
      await pause(ms, closing.signal)
    }
  }

  const lives = liveOnAndOn()
  return {
    isReady: () => ready,
    firstAttempt: firstAttempt.promise,
    async close() {
      closing.abort()
      endLife(closed())
      // A handshake with a broker that is silent ends by its own deadline, and finds that nobody wants it any more.
      await within(2 * CLOSE_MS, lives)
    },
  }
}

const closed = () => new AppError('BROKER_UNAVAILABLE', 'The connection to the broker is being closed.')

/**
 * Says goodbye, and leaves without an answer if there is none in time. Channels first: a connection's close overtakes
 * what its channels have still to say, and acks would be lost.
 */
async function disconnect(connection: ChannelModel, channels: Channel[]): Promise<void> {
  const goodbye = async () => {
    // What is closed already rejects, which is the ordinary case after a failure.
    await Promise.allSettled(channels.map((channel) => channel.close()))
    await Promise.allSettled([connection.close()])
  }
  await within(CLOSE_MS, goodbye())
  // amqplib only half-closes the socket of a broker that is silent: the process would live until the other side does.
  const { stream } = connection.connection as unknown as { stream: Duplex }
  stream.destroy()
}
