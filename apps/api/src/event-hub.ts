import {
  type EventStream,
  formatPlace,
  isAfter,
  type Log,
  publicEventType,
  SECOND,
  type StreamedEvent,
  type StreamPlace,
} from '@mooring/core'

/** What a reader of the stream wants to hear of. */
interface EventFilter {
  tenant: string | null
  /** Id or hostname. */
  domain: string | null
  /** Public types or our own; null for all. */
  types: ReadonlySet<string> | null
}

/** One open stream. */
interface EventReader {
  filter: EventFilter
  /** Where it goes on; null begins with what comes next. */
  from: StreamPlace | null
  write(text: string): void
  /** Bytes that wait to be sent. */
  backlog(): number
  /** Resolves when none do, or when the stream is over: true; false when that takes longer than `ms`. */
  drained(ms: number): Promise<boolean>
  /** Ends the stream in good order. */
  end(): void
  /** Cuts it: it reads too slowly. */
  cut(): void
}

export interface EventHub {
  /** Serves the reader until the returned function is called. */
  add(reader: EventReader): () => void
  /** Ends every stream, and those that come later. */
  end(): void
}

export interface EventHubOptions {
  stream: EventStream
  log: Log
  /** How often the table is read while anybody listens. */
  pollMs?: number
  /** How long a stream that catches up may take nothing of what it was sent. */
  stallMs?: number
}

const POLL_MS = 500
/** Each turn writes to every reader: so many hear of things in larger pieces, a moment later. */
const CROWD = 50
const BATCH = 500
/** While a stream catches up: what it has to take at once. */
const SMALL_BATCH = 100
/** For the hub to find its place. */
const MOMENT_MS = 20
const HEARTBEAT_MS = 15 * SECOND
/** Who is further behind gets a `reset`, and reads anew what it shows. */
const MOST_MISSED = 10_000
const MOST_WAITING_BYTES = 1024 * 1024
const STALL_MS = 30 * SECOND
/** A browser comes back after this long. */
const RETRY_MS = 2 * SECOND

/**
 * One reader of the table for all streams of this process, and none while nobody listens. An event is put into words
 * once, and what a turn found is joined once for all streams with the same filter: a hundred dashboards cost one and a
 * hundred writes.
 *
 * A stream that goes on from somewhere reads the table by itself up to where the hub is, and then goes on with it.
 */
export function createEventHub({ stream, log, pollMs = POLL_MS, stallMs = STALL_MS }: EventHubOptions): EventHub {
  /** Each with where it is: it has had everything up to there. */
  const live = new Map<EventReader, StreamPlace>()
  const readers = new Set<EventReader>()
  let place: StreamPlace | null = null
  let running: Promise<void> | null = null
  let isEnded = false
  let isFailing = false

  function tell(told: readonly [EventReader, StreamPlace][], events: readonly SpokenEvent[], next: StreamPlace): void {
    const joined = new Map<string, string>()
    for (const [reader, had] of told) {
      // Those that caught up by themselves may be ahead for a turn.
      const isBehind = isAfter(events[0]?.place ?? next, had)
      const key = isBehind ? keyOf(reader.filter) : null
      const text = (key === null ? undefined : joined.get(key)) ?? wordsFor(reader.filter, events, had)
      if (key !== null) joined.set(key, text)
      if (isAfter(next, had)) live.set(reader, next)
      if (text !== '') send(reader, text)
    }
  }

  function send(reader: EventReader, text: string): void {
    if (reader.backlog() <= MOST_WAITING_BYTES) reader.write(text)
    else cut(reader)
  }

  function cut(reader: EventReader): void {
    remove(reader)
    reader.cut()
  }

  function remove(reader: EventReader): void {
    readers.delete(reader)
    live.delete(reader)
  }

  async function turn(): Promise<boolean> {
    place ??= await stream.end()
    const page = await stream.read(place, BATCH)
    place = page.next
    if (page.events.length > 0) tell([...live], page.events.map(speak), page.next)
    else for (const reader of live.keys()) live.set(reader, later(live.get(reader), page.next))
    return page.isEnd
  }

  /** For as long as anybody listens; then it forgets where it was. */
  async function run(): Promise<void> {
    while (readers.size > 0) {
      let isEnd = true
      try {
        isEnd = await turn()
        if (isFailing) log.info({}, 'events are read again')
        isFailing = false
      } catch (err) {
        if (!isFailing) log.warn({ err }, 'events cannot be read, trying again')
        isFailing = true
      }
      if (isEnd) await pause(readers.size > CROWD ? 2 * pollMs : pollMs)
    }
    place = null
    running = null
  }

  async function catchUp(reader: EventReader, from: StreamPlace): Promise<void> {
    let had = from
    while (readers.has(reader)) {
      const page = await stream.read(had, SMALL_BATCH)
      if (!readers.has(reader)) return
      had = page.next
      const text = wordsFor(reader.filter, page.events.map(speak))
      if (text !== '') reader.write(text)
      // Nothing is awaited between this look and the entry: the hub cannot move on in between.
      if (page.isEnd && place !== null && !isAfter(place, had)) {
        live.set(reader, had)
        return
      }
      if (page.isEnd) await pause(MOMENT_MS)
      else if (!(await reader.drained(stallMs))) return cut(reader)
    }
  }

  async function begin(reader: EventReader): Promise<void> {
    const wanted = reader.from
    const canResume = wanted !== null && (await stream.isResumable(wanted, MOST_MISSED))
    const from = canResume ? wanted : await stream.end()
    if (!readers.has(reader)) return
    const hello = `retry: ${RETRY_MS}\nid: ${formatPlace(from)}\n\n`
    send(reader, wanted !== null && !canResume ? `${hello}event: reset\nid: ${formatPlace(from)}\ndata: {}\n\n` : hello)
    await catchUp(reader, from)
  }

  const heartbeat = setInterval(() => {
    // With the place, so that who hears of little goes on from here all the same.
    for (const [reader, had] of live) send(reader, `id: ${formatPlace(had)}\n:\n\n`)
  }, HEARTBEAT_MS)
  heartbeat.unref()

  return {
    add(reader) {
      if (isEnded) {
        reader.end()
        return () => {}
      }
      readers.add(reader)
      begin(reader).catch((err: unknown) => {
        log.warn({ err }, 'a stream of events could not begin')
        remove(reader)
        reader.end()
      })
      running ??= run()
      return () => remove(reader)
    },
    end() {
      isEnded = true
      clearInterval(heartbeat)
      for (const reader of readers) reader.end()
      readers.clear()
      live.clear()
    },
  }
}

interface SpokenEvent {
  place: StreamPlace
  event: StreamedEvent
  type: string
  text: string
}

function speak(event: StreamedEvent): SpokenEvent {
  const { place, id, at, actor, domainId, hostname, tenant, state, data } = event
  const type = publicEventType(event) ?? event.type
  const told = { id: String(id), at: at.toISOString(), type, actor, domain_id: domainId, hostname, tenant, state, data }
  // JSON has no line ends of its own.
  return { place, event, type, text: `id: ${formatPlace(place)}\nevent: ${type}\ndata: ${JSON.stringify(told)}\n\n` }
}

const wordsFor = (filter: EventFilter, events: readonly SpokenEvent[], had?: StreamPlace): string =>
  events
    .filter((spoken) => (had === undefined || isAfter(spoken.place, had)) && wants(filter, spoken))
    .map(({ text }) => text)
    .join('')

const wants = ({ tenant, domain, types }: EventFilter, { event, type }: SpokenEvent): boolean =>
  (tenant === null || event.tenant === tenant) &&
  (domain === null || event.domainId === domain || event.hostname === domain) &&
  (types === null || types.has(type))

const keyOf = ({ tenant, domain, types }: EventFilter): string =>
  JSON.stringify([tenant, domain, types === null ? null : [...types].toSorted()])

const later = (had: StreamPlace | undefined, next: StreamPlace): StreamPlace =>
  had !== undefined && isAfter(had, next) ? had : next

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
