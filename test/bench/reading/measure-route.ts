export interface RouteToRead {
  name: string
  /** Asked in turn, so that no run finds the one before it in a cache. */
  paths: string[]
  key?: string
  target: number
  /** How many pages further on the deep page is; without it there is none. */
  deep?: number
}

export interface Measured {
  name: string
  p50: number
  p95: number
  target: number
}

const RUNS = 30

type Ask = (path: string, key?: string) => Promise<{ next_cursor?: string | null }>

/** The first page, and one far behind it. */
export async function measureRoute(route: RouteToRead, ask: Ask): Promise<Measured[]> {
  const { name, paths, key, target, deep } = route
  const first = await timed(paths, (path) => ask(path, key))
  const measured = [{ name, ...first, target }]
  if (deep === undefined) return measured
  const behind = (await Promise.all(paths.slice(0, 3).map((path) => walk(path, deep, (at) => ask(at, key))))).flat()
  if (behind.length === 0) return measured
  return [...measured, { name: `${name}, deep`, ...(await timed(behind, (path) => ask(path, key))), target }]
}

export async function timed(
  paths: string[],
  ask: (path: string) => Promise<unknown>,
): Promise<{ p50: number; p95: number }> {
  const times: number[] = []
  for (let run = 0; run < Math.max(RUNS, paths.length); run++) {
    const startedAt = performance.now()
    await ask(paths[run % paths.length] ?? '')
    times.push(performance.now() - startedAt)
  }
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95) }
}

/** The path of the page so many pages on, or of the last one there is. */
async function walk(path: string, pages: number, ask: Ask): Promise<string[]> {
  const next = (cursor: string, limit: number) =>
    `${path}${path.includes('?') ? '&' : '?'}limit=${limit}&cursor=${encodeURIComponent(cursor)}`
  let cursor = (await ask(`${path}${path.includes('?') ? '&' : '?'}limit=200`)).next_cursor ?? null
  for (let page = 0; page < pages && cursor !== null; page++) {
    const following: string | null = (await ask(next(cursor, 200))).next_cursor ?? null
    if (following === null) break
    cursor = following
  }
  return cursor === null ? [] : [next(cursor, 50)]
}
