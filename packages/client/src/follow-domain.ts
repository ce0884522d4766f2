import type { LiveEvent } from './events.ts'
import type { Domain } from './generated/api.ts'
import { pause } from './pause.ts'
import { RETRY, waitBeforeRetry } from './retry.ts'

/** What a domain is followed by. An event is but a hint to read it again, so that nothing is lost when one is. */
export interface DomainSource {
  read(idOrHostname: string, signal: AbortSignal): Promise<Domain>
  events(options: {
    domain: string
    signal: AbortSignal
    onOpen: () => void
    onReset: () => void
  }): AsyncIterable<LiveEvent>
}

export interface FollowOptions {
  signal?: AbortSignal | undefined
  /** Between two looks while the server sends no events. */
  pollMs?: number | undefined
  /** How long the server may be away, as while it restarts; 5 minutes. */
  patienceMs?: number | undefined
}

const POLL_MS = 2_000
/** While events come, a look of its own is only for one that was lost. */
const UNDER_EVENTS_MS = 15_000
const PATIENCE_MS = 300_000

/** The domain as it is, then each time that it is another. Ends only with the signal, whose reason it throws. */
export async function* followDomain(
  source: DomainSource,
  idOrHostname: string,
  { signal: given, pollMs = POLL_MS, patienceMs = PATIENCE_MS }: FollowOptions = {},
): AsyncGenerator<Domain, never> {
  const ended = new AbortController()
  const signal = given === undefined ? ended.signal : AbortSignal.any([given, ended.signal])
  const bell = createBell()
  let areEventsComing = false
  try {
    let shown = await readPatiently(() => source.read(idOrHostname, signal), { patienceMs, signal })
    void listen(shown.id)
    yield shown
    for (;;) {
      await bell.within(areEventsComing ? UNDER_EVENTS_MS : pollMs, signal)
      const domain = await readPatiently(() => source.read(shown.id, signal), { patienceMs, signal })
      if (JSON.stringify(domain) === JSON.stringify(shown)) continue
      shown = domain
      yield domain
    }
  } finally {
    ended.abort()
  }

  async function listen(domain: string): Promise<void> {
    const onOpen = () => {
      areEventsComing = true
      bell.ring()
    }
    try {
      const events = source.events({ domain, signal, onOpen, onReset: bell.ring })[Symbol.asyncIterator]()
      while ((await events.next()).done !== true) bell.ring()
    } catch {
      // A server of an older release, or a key that may not listen: it is asked again and again instead.
    }
    areEventsComing = false
    bell.ring()
  }
}

/** Over a server that is away, or busy, for a while. */
async function readPatiently(
  read: () => Promise<Domain>,
  { patienceMs, signal }: { patienceMs: number; signal: AbortSignal },
): Promise<Domain> {
  const deadline = performance.now() + patienceMs
  const retry = { ...RETRY, attempts: Infinity, maxRetryAfterMs: patienceMs }
  for (let attempt = 1; ; attempt++) {
    try {
      return await read()
    } catch (error) {
      const waitMs = waitBeforeRetry(error, { attempt, isRepeatable: true, retry })
      if (waitMs === null || performance.now() + waitMs > deadline) throw error
      await pause(waitMs, signal)
    }
  }
}

/** Rung before anybody listens, it is heard by the next who does. */
function createBell() {
  let isRung = false
  let wake = () => {}
  return {
    ring() {
      isRung = true
      wake()
    },
    /** Resolves when it rings, or after the time; rejects with the signal. */
    async within(ms: number, signal: AbortSignal): Promise<void> {
      const heard = new AbortController()
      wake = () => heard.abort()
      if (!isRung) await pause(ms, AbortSignal.any([signal, heard.signal])).catch(() => signal.throwIfAborted())
      isRung = false
    },
  }
}
