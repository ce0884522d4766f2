import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import type { Database } from './database.ts'

// One lock per database; any number that nothing else there uses ('moor' in ASCII).
const LOCK = 0x6d6f6f72
const CANDIDACY_MS = 1_000
const LONGEST_PAUSE_MS = 10_000
const PROBE_MS = 5_000
const SILENCE_MS = 20_000

export interface Candidate {
  isLeading(): boolean
  /** When the database last answered it, be it as leader or as candidate; null before the first time. */
  heardAt(): Date | null
  /** Ends the term, waits for `lead`, and lets the next one lead. */
  stop(): Promise<void>
}

export interface LeaderOptions {
  database: Pick<Database, 'pool' | 'log'>
  /** Works until its signal is aborted, then winds up and returns. */
  lead: (signal: AbortSignal) => Promise<void>
  /** How often a follower asks for the office. */
  candidacyMs?: number
  /** How often the leader makes itself heard; far below `silenceMs`. */
  probeMs?: number
  /** After this long without a word from it, the server ends the leader's term. */
  silenceMs?: number
}

/**
 * Calls `lead` while this process is the one leader among those on the same database, and again after each time the
 * office was lost.
 *
 * The office is a session's advisory lock on a connection of its own (one of the pool's). The server ends a term with
 * the connection of a process that died, or that said nothing for `silenceMs`: a frozen process keeps its connection
 * and would hold the office for good. None of this is a fence: a leader that was frozen works on for a moment beside
 * its successor. It only saves double work; everything a leader does is safe when two do it.
 *
 * Followers ask now and then. Waiting in `pg_advisory_lock` instead would hold a snapshot for as long as the leader
 * lives, and keep vacuum from removing anything newer.
 */
export function runForLeader(options: LeaderOptions): Candidate {
  const { database, candidacyMs = CANDIDACY_MS } = options
  const stopping = new AbortController()
  let leading = false
  let heardAt: Date | null = null
  const onHeard = () => {
    heardAt = new Date()
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      try {
        const session = await openSession(database.pool, { ...options, onHeard })
        failures = 0
        await serve(session).finally(session.close)
      } catch (error) {
        failures += 1
        if (failures === 1) database.log.warn({ err: error }, 'not leading, trying again')
        await sleep(Math.min(candidacyMs * 2 ** (failures - 1), LONGEST_PAUSE_MS), stopping.signal)
      }
    }
  }

  /** Waits for the office and holds it; rejects when the session or the work breaks. */
  async function serve(session: Session): Promise<void> {
    while (!(await session.tryLock())) {
      await sleep(candidacyMs, stopping.signal)
      if (stopping.signal.aborted) return
    }
    const over = new AbortController()
    const probing = session.probe(over.signal)
    database.log.info({}, 'leading')
    leading = true
    try {
      await options.lead(AbortSignal.any([stopping.signal, session.lost]))
    } finally {
      leading = false
      over.abort()
      await probing
    }
    session.lost.throwIfAborted()
  }

  const running = run()
  return {
    isLeading: () => leading,
    heardAt: () => heardAt,
    async stop() {
      stopping.abort()
      await running
    },
  }
}

interface Session {
  tryLock(): Promise<boolean>
  /** Asks for a sign of life now and then, until `signal`: a peer that vanished without a word is noticed only so. */
  probe(signal: AbortSignal): Promise<void>
  lost: AbortSignal
  close(): void
}

async function openSession(
  pool: pg.Pool,
  { probeMs = PROBE_MS, silenceMs = SILENCE_MS, onHeard }: LeaderOptions & { onHeard: () => void },
): Promise<Session> {
  const client = await pool.connect()
  const losing = new AbortController()
  const lose = (error: unknown) => losing.abort(error)
  client.on('error', lose)
  client.on('end', () => lose(new Error('The connection ended.')))
  // The lock and the setting go with the session, so the connection never returns to the pool.
  const close = () => client.release(true)
  try {
    await client.query(`set idle_session_timeout = ${silenceMs}`)
  } catch (error) {
    close()
    throw error
  }
  const signOfLife: pg.QueryConfig & { query_timeout: number } = { text: 'select 1', query_timeout: probeMs }
  return {
    lost: losing.signal,
    close,
    async tryLock() {
      const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [LOCK])
      onHeard()
      return rows[0]?.locked ?? false
    },
    async probe(signal) {
      const over = AbortSignal.any([signal, losing.signal])
      while (!over.aborted) {
        await sleep(probeMs, over)
        if (!over.aborted) await client.query(signOfLife).then(onHeard, lose)
      }
    },
  }
}

/** Ends early, without an error, when the signal is aborted. */
const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  pause(ms, undefined, { signal }).catch(() => undefined)
