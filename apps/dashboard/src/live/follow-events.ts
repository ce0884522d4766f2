import { readEventStream } from './read-event-stream.ts'
import type { Subject } from './refresh-queries.ts'

export type LiveState = 'live' | 'polling' | 'paused' | 'lost'

interface Follower {
  /** To whom; null when something may have happened to anybody. */
  onEvent(subject: Subject | null): void
  onState(state: LiveState): void
}

const RETRY_MS = 5_000
/** The server sends a sign of life more often than that; a connection that a proxy dropped unsaid is made again. */
const SILENCE_MS = 60_000

/** Follows `/v1/events` until the signal is aborted, from where it broke off. Never rejects. */
export async function followEvents({ onEvent, onState }: Follower, signal: AbortSignal): Promise<void> {
  let lastId = ''
  while (!signal.aborted) {
    const silence = new AbortController()
    let watch = setTimeout(() => silence.abort(), SILENCE_MS)
    try {
      const answer = await fetch('/v1/events', {
        headers: { accept: 'text/event-stream', ...(lastId === '' ? {} : { 'last-event-id': lastId }) },
        signal: AbortSignal.any([signal, silence.signal]),
      })
      if (!answer.ok || answer.body === null) {
        onState('polling')
      } else {
        onState('live')
        // What happened while nobody was connected.
        onEvent(null)
        for await (const { id, type, data } of readEventStream(answer.body)) {
          clearTimeout(watch)
          watch = setTimeout(() => silence.abort(), SILENCE_MS)
          if (id !== '') lastId = id
          onEvent(type === 'reset' ? null : (JSON.parse(data) as Subject))
        }
      }
    } catch {
      // Cut off, or the page was left: the loop decides which.
      if (!signal.aborted) onState('lost')
    } finally {
      clearTimeout(watch)
    }
    await pause(RETRY_MS, signal)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
