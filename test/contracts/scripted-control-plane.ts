import { once } from 'node:events'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type EdgeReport,
  type EdgeService,
  type Route,
  type ServedRoute,
  decodeReport,
  edgeReportSchema,
  encodeRoute,
  encodeRouteUpdate,
} from '@mooring/core'

/** A control plane of one pool over real HTTP: what a test publishes is pulled, what the edge reports is kept. */
export class ScriptedControlPlane {
  readonly reports: EdgeReport[] = []
  readonly pulls: number[] = []
  /** Name and pool of each edge that enrolled. */
  readonly enrolled: { name: string; pool: string }[] = []
  readonly token = 'edge-token'
  readonly adminKey = 'admin-key-admin-key-admin-key-admin'
  generation = 0
  /** Routes in one answer, at most. */
  batch = Number.POSITIVE_INFINITY
  #routes: ReturnType<typeof encodeRoute>[] = []
  #services: { generation: number; services: EdgeService[] } = { generation: 0, services: [] }
  #polls = new Set<() => void>()
  #server: Server | null = null
  #port = 0

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#port}`)
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response))
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Goes down like a killed process: connections break. `start` brings it up again on the same port. */
  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((resolve) => this.#server?.close(resolve))
    this.#wake()
  }

  /** Publishes routes under new generations and returns the last. */
  publish(...routes: Route[]): number {
    for (const route of routes) {
      this.generation += 1
      this.#set({ ...encodeRoute(route), generation: this.generation })
    }
    this.#wake()
    return this.generation
  }

  /** Makes these all the services there are, and returns the generation that brings them. */
  publishServices(...services: EdgeService[]): number {
    this.generation += 1
    this.#services = { generation: this.generation, services }
    this.#wake()
    return this.generation
  }

  /** Sends a route as it is, whatever it says. */
  publishRaw(route: object): number {
    this.generation += 1
    this.#set({ ...(route as ReturnType<typeof encodeRoute>), generation: this.generation })
    this.#wake()
    return this.generation
  }

  /** Sends a route with a generation of its own choice; the pool's grows all the same. */
  publishStale(route: Route, generation: number): number {
    this.generation += 1
    this.#routes = [...this.#routes, { ...encodeRoute(route), generation }]
    this.#forced.add(generation)
    this.#wake()
    return this.generation
  }
  readonly #forced = new Set<number>()

  #set(route: ReturnType<typeof encodeRoute>): void {
    this.#routes = [...this.#routes.filter(({ domain_id }) => domain_id !== route.domain_id), route]
  }

  #wake(): void {
    for (const wake of this.#polls) wake()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url)
    const send = (status: number, body?: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(body === undefined ? undefined : JSON.stringify(body))
    }
    const key = request.headers.authorization
    if (url.pathname === '/v1/edges') {
      if (key !== `Bearer ${this.adminKey}`) return send(401)
      this.enrolled.push(JSON.parse((await request.toArray()).join('')))
      return send(201, { id: 'edge_1', ...this.enrolled.at(-1), token: this.token })
    }
    if (key !== `Bearer ${this.token}`) return send(401)
    if (url.pathname === '/v1/edges/self/report') {
      this.reports.push(decodeReport(edgeReportSchema.parse(JSON.parse((await request.toArray()).join('')))))
      return send(204)
    }
    const since = Number(url.searchParams.get('since'))
    const until = performance.now() + Number(url.searchParams.get('wait')) * 1000
    this.pulls.push(since)
    while (this.generation <= since && performance.now() < until && !response.destroyed) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, until - performance.now())
      this.#polls.add(resolve)
      response.once('close', resolve)
      await promise
      clearTimeout(timer)
      this.#polls.delete(resolve)
    }
    const newer = this.#routes.filter(({ generation }) => generation > since || this.#forced.has(generation))
    const routes = newer.slice(0, this.batch)
    const generation = routes.length < newer.length ? (routes.at(-1)?.generation ?? since) : this.generation
    const { generation: changedAt, services } = this.#services
    const changed = since === 0 || changedAt > since ? { services } : {}
    return send(200, { ...encodeRouteUpdate({ generation, routes: [], ...changed }), routes })
  }
}

/** The desired route that an edge would serve as `served`. */
export function desired({ action, ...route }: ServedRoute): Route {
  if (action.type === 'service') return { ...route, target: { type: 'proxy', service: action.name } }
  if (action.type !== 'proxy') return { ...route, target: action }
  const { scheme, host, port } = action.upstream
  return { ...route, target: { type: 'proxy', url: `${scheme}://${host}:${port}` } }
}

export const removed = (route: Route): Route => ({ ...route, variant: 'removed', certificate: null })
