/** What a request is for, whatever its URL. `account` is newAccount and the accounts themselves. */
export const ROUTES = [
  'directory',
  'nonce',
  'account',
  'newOrder',
  'authorization',
  'challenge',
  'order',
  'finalize',
  'certificate',
  'revoke',
  'keyChange',
  'renewalInfo',
] as const
export type Route = (typeof ROUTES)[number]

/** An answer; what is left out is as the RFC has it. */
export interface Scripted {
  status?: number
  type?: string
  headers?: Record<string, string>
  body?: unknown
  /** Never answers. */
  hangs?: boolean
  /** Does what was asked, and closes the connection without a word. */
  cuts?: boolean
}

/** An object is the whole answer, and nothing is done; a function changes the answer to what was done. */
export type Script = Scripted | ((usual: Scripted) => Scripted)

/** What the test wants answered in place of the usual, and what was asked. */
export interface Scripts {
  next(route: Route, ...scripts: Script[]): void
  always(route: Route, script: Script): void
  asked(route: Route): number
  total(): number
  count(route: Route): void
  /** The script for this request, if any; each queued one is given once. */
  take(route: Route): Script | undefined
}

export function createScripts(): Scripts {
  const counts = new Map<Route, number>()
  const queued = new Map<Route, Script[]>()
  const standing = new Map<Route, Script>()
  return {
    next: (route, ...scripts) => void queued.set(route, [...(queued.get(route) ?? []), ...scripts]),
    always: (route, script) => void standing.set(route, script),
    asked: (route) => counts.get(route) ?? 0,
    total: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    count: (route) => void counts.set(route, (counts.get(route) ?? 0) + 1),
    take: (route) => queued.get(route)?.shift() ?? standing.get(route),
  }
}
