import type { Query, QueryClient } from '@tanstack/react-query'

declare module '@tanstack/react-query' {
  interface Register {
    queryMeta: {
      /** The least time between two refreshes that events cause; without it nothing that happens refreshes the query. */
      liveMs?: number
      /** The domain, by id or hostname, whose events cause them; without it any event does. */
      liveOf?: string
      /** Refreshed after this time without any event; 20 s if not given. */
      quietMs?: number
    }
  }
}

// Two hundred dashboards are to cost next to nothing: what counts a million rows is asked for less often than one domain,
// and one domain when something happens to it.
export const LIVE = {
  list: { liveMs: 4_000 },
  counts: { liveMs: 10_000 },
  /** An attempt that ends where it began is no event: who looks on sees it by asking. */
  domain: (idOrHostname: string) => ({ liveMs: 2_000, liveOf: idOrHostname, quietMs: 5_000 }),
}

const TICK_MS = 1_000
/** The API may have read its answer before what happened, and sent it after. */
const OVERLAP_MS = 3_000
/** Not all that changes is an event: what a domain waits for may change a hundred times in the same state. */
const QUIET_MS = 20_000
const MOST_REMEMBERED = 2_000

/** Whom an event is of. */
export interface Subject {
  domain_id: string
  hostname: string
}

export interface Refresher {
  /** Something happened: to one domain, or to who knows what. */
  note(subject: Subject | null): void
  noteAll(): void
  stop(): void
}

/** Refreshes what is on the page after something happened: each query once per its time, the last event never missed. */
export function createRefresher(client: QueryClient): Refresher {
  const noted = createNotes()
  const timer = setInterval(() => {
    const now = Date.now()
    const due = client.getQueryCache().findAll({ type: 'active', predicate: (query) => isDue(query, { noted, now }) })
    for (const query of due) void client.invalidateQueries({ queryKey: query.queryKey, exact: true })
  }, TICK_MS)
  return {
    note: (subject) => noted.note(subject, Date.now()),
    noteAll() {
      noted.note(null, Date.now())
      void client.invalidateQueries({ predicate: ({ meta }) => meta?.liveMs !== undefined })
    },
    stop: () => clearInterval(timer),
  }
}

interface Notes {
  note(subject: Subject | null, at: number): void
  /** When something last happened to this domain, or to any. */
  lastOf(idOrHostname: string | undefined): number
}

function createNotes(): Notes {
  let last = 0
  let lastOfUnknown = 0
  const lastOfDomain = new Map<string, number>()
  return {
    note(subject, at) {
      last = at
      // Whom it was of is remembered of so many; then it may have been anybody.
      if (subject === null || lastOfDomain.size >= MOST_REMEMBERED) {
        lastOfUnknown = at
        lastOfDomain.clear()
      }
      for (const name of subject === null ? [] : [subject.domain_id, subject.hostname]) lastOfDomain.set(name, at)
    },
    lastOf: (name) => (name === undefined ? last : Math.max(lastOfUnknown, lastOfDomain.get(name) ?? 0)),
  }
}

function isDue({ meta, state }: Query, { noted, now }: { noted: Notes; now: number }): boolean {
  if (meta?.liveMs === undefined || state.fetchStatus !== 'idle') return false
  const readAt = Math.max(state.dataUpdatedAt, state.errorUpdatedAt)
  const age = now - readAt
  if (age >= (meta.quietMs ?? QUIET_MS)) return true
  return readAt < noted.lastOf(meta.liveOf) + OVERLAP_MS && age >= meta.liveMs
}
