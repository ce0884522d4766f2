import { open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type EdgeService,
  type RejectedRoute,
  type Route,
  type RouteUpdate,
  encodeRouteUpdate,
  parseRouteUpdate,
} from '@mooring/core'

/** What the control plane wants of this edge, as of a generation. */
export interface DesiredState {
  /** Where the next pull starts. */
  readonly generation: number
  /**
   * Whether this is all there is: as an earlier run saved it, or pulled to the end. A part of it would take every other name
   * from a server that runs.
   */
  readonly isWhole: boolean
  /** What the whole is as of, and may be reported as: 0 as long as routes of an earlier run are not confirmed. */
  readonly asOf: number
  /** All routes but removed ones. */
  routes(): Route[]
  /** All services there are, whether or not a route names them. */
  services(): EdgeService[]
  /** Routes that were not well-formed, until a newer one of the same domain arrives. */
  malformed(): RejectedRoute[]
  /** Takes an update in; returns the routes that changed. What is older than what is known is refused. */
  merge(update: RouteUpdate, malformed: RejectedRoute[]): Route[]
  /** Everything there is has been pulled: what an earlier run had and was not among it is gone. */
  confirm(): void
  /** Writes the state to the disk; a call during a write joins the next one. */
  save(): Promise<void>
}

/**
 * Reads the state of an earlier run, so that a restarted agent asks only for what it missed. The file holds private
 * keys and is for its owner only.
 */
export async function openDesiredState(dir: string): Promise<DesiredState> {
  const path = join(dir, 'state.json')
  const saved = await readState(path)
  let generation = saved === null ? 0 : pullableFrom(saved)
  let services = saved?.services ?? []
  const routes = new Map<string, Route>(saved?.routes.map((route) => [route.domainId, route]))
  const malformed = new Map<string, RejectedRoute>()
  // A pull from the start lists what there is and nothing that is gone: until it is through, both are served.
  const unconfirmed = new Set(generation === 0 ? routes.keys() : [])
  let isWhole = saved !== null
  let writing: Promise<void> | null = null
  let next: Promise<void> | null = null

  const isStale = (domainId: string, at: number): boolean => at <= (routes.get(domainId)?.generation ?? generation)
  const asOf = (): number => (unconfirmed.size > 0 ? 0 : generation)
  // An agent that starts over has forgotten what was malformed, so it has to be sent again.
  const resumeFrom = (): number => Math.min(asOf(), ...[...malformed.values()].map((route) => route.generation - 1))

  return {
    get generation() {
      return generation
    },
    get isWhole() {
      return isWhole
    },
    get asOf() {
      return asOf()
    },
    routes: () => [...routes.values()].filter(({ variant }) => variant !== 'removed'),
    services: () => services,
    malformed: () => [...malformed.values()],
    merge(update, refused) {
      for (const { domainId } of [...update.routes, ...refused]) unconfirmed.delete(domainId)
      if (update.services !== undefined && update.generation > generation) services = update.services
      const changed = newestOf(update.routes).filter((route) => !isStale(route.domainId, route.generation))
      for (const route of changed) {
        routes.set(route.domainId, route)
        malformed.delete(route.domainId)
      }
      for (const rejected of refused) {
        if (!isStale(rejected.domainId, rejected.generation)) malformed.set(rejected.domainId, rejected)
      }
      generation = Math.max(generation, update.generation)
      // Known to be gone: whatever is older is refused by the generation of the whole from now on.
      for (const route of changed) if (route.variant === 'removed') routes.delete(route.domainId)
      return changed
    },
    confirm() {
      for (const domainId of unconfirmed) routes.delete(domainId)
      unconfirmed.clear()
      isWhole = true
    },
    save() {
      next ??= (writing ?? Promise.resolve())
        .catch(() => undefined) // Its own caller was told.
        .then(() => {
          next = null
          writing = writeState(path, { generation: resumeFrom(), routes: [...routes.values()], services })
          return writing
        })
      return next
    },
  }
}

/**
 * From where a state that was saved can be brought up to date. The release before dropped services and refused the routes
 * that name one, as this one does with services it does not understand: neither would be sent again.
 */
function pullableFrom({ generation, routes, services }: RouteUpdate): number {
  const known = new Set(services?.map(({ name }) => name))
  const isWhole = routes.every(({ target }) => !('service' in target) || known.has(target.service))
  return services !== undefined && isWhole ? generation : 0
}

/** One route per domain, so that the order within an update decides nothing. */
function newestOf(routes: Route[]): Route[] {
  const newest = new Map<string, Route>()
  for (const route of routes) {
    if (route.generation > (newest.get(route.domainId)?.generation ?? -1)) newest.set(route.domainId, route)
  }
  return [...newest.values()]
}

async function readState(path: string): Promise<RouteUpdate | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null // The first run.
    throw error
  }
  const answer = parseRouteUpdate(parseJson(text))
  // Whatever cannot be read whole is pulled anew, from the start: the control plane has everything that was in it, and
  // a route left out here would never come again, since its generation counts as known.
  return answer.ok && answer.value.malformed.length === 0 ? answer.value.update : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // Broken by the disk: as good as a file that is not ours.
  }
}

async function writeState(path: string, state: RouteUpdate): Promise<void> {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify(encodeRouteUpdate(state)))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  // Until the folder is on the disk too, a power cut brings the old file back, and with it names that were removed.
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
