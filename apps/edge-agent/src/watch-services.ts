import { isDeepStrictEqual } from 'node:util'
import { type Log, type ServedService, formatServiceServer } from '@mooring/core'
import type { Meter } from '@mooring/runtime'
import { askHealth } from './ask-health.ts'
import type { ResolvedService } from './resolve-services.ts'

/** Asks the servers of services how they are, each as often as its service says. */
export interface ServiceWatch {
  /** Watches these services and no others from now on; returns them with the servers that may get visitors. */
  follow(services: readonly ResolvedService[]): ServedService[]
  stop(): void
}

type Server = ResolvedService['servers'][number]
type Health = NonNullable<ResolvedService['health']>

interface Watched {
  service: ResolvedService & { health: Health }
  server: Server
  isUp: boolean
  /** Answers in a row that say otherwise than `isUp`. */
  contrary: number
  /** What was found last. */
  found: string | null
  timer: NodeJS.Timeout | null
  isGone: boolean
}

/** One answer may be the moment's; two in a row are the server's. */
const ENOUGH = 2
const LONGEST_ANSWER_MS = 2_000
const MOST_AT_ONCE = 16
/** How far a check may be from its time, as a part of the interval: edges shall not ask in step. */
const SPREAD = 0.1

export function createServiceWatch(options: {
  /** A server came to be well or unwell. */
  onChange: () => void
  meter: Meter
  log: Log
}): ServiceWatch {
  const { onChange, meter, log } = options
  const stopping = new AbortController()
  const watched = new Map<string, Watched>()
  /** Services of which no server is well: told once. */
  const allUnwell = new Set<string>()
  const due: Watched[] = []
  let asking = 0

  function schedule(one: Watched, ms: number): void {
    if (one.timer !== null) clearTimeout(one.timer)
    one.timer = setTimeout(() => {
      one.timer = null
      due.push(one)
      askDue()
    }, ms)
    one.timer.unref()
  }

  function askDue(): void {
    while (asking < MOST_AT_ONCE) {
      const one = due.shift()
      if (one === undefined) return
      if (one.isGone) continue
      asking += 1
      void ask(one).finally(() => {
        asking -= 1
        askDue()
      })
    }
  }

  async function ask(one: Watched): Promise<void> {
    const { service, server } = one
    const { scheme, tlsName, health } = service
    const intervalMs = health.intervalSeconds * 1000
    const timeoutMs = Math.min(LONGEST_ANSWER_MS, intervalMs)
    const found = await askHealth({ scheme, tlsName, path: health.path, server, timeoutMs }, stopping.signal)
    // Changed or gone meanwhile: the answer is to a question that is no longer asked.
    if (one.isGone || one.service !== service || stopping.signal.aborted) return
    one.found = found
    take(one, found === null)
    schedule(one, intervalMs * (1 - SPREAD + 2 * SPREAD * Math.random()))
  }

  function take(one: Watched, isWell: boolean): void {
    one.contrary = isWell === one.isUp ? 0 : one.contrary + 1
    if (one.contrary < ENOUGH) return
    one.contrary = 0
    one.isUp = isWell
    const facts = { service: one.service.name, server: formatServer(one.server), found: one.found ?? 'It is well.' }
    if (isWell) log.info(facts, 'a server of a service is well again')
    else log.warn(facts, 'a server of a service is not well')
    measure()
    onChange()
  }

  function measure(): void {
    const values = [...watched.values()].map(({ service, server, isUp }) => ({
      labels: { service: service.name, server: formatServer(server) },
      value: isUp ? 1 : 0,
    }))
    meter.replace('mooring_edge_service_server_up', values)
  }

  function watch(service: Watched['service'], server: Server): void {
    const key = keyOf(service, server)
    const known = watched.get(key)
    if (known === undefined) {
      const one = { service, server, isUp: true, contrary: 0, found: null, timer: null, isGone: false }
      watched.set(key, one)
      schedule(one, 0)
    } else if (!isDeepStrictEqual(questionOf(known), questionOf({ service, server }))) {
      // Another question: what the server answered to the one before does not count any more.
      Object.assign(known, { service, server, contrary: 0 })
      schedule(known, 0)
    }
  }

  function forgetAllBut(kept: ReadonlySet<string>): void {
    for (const [key, one] of watched) {
      if (kept.has(key)) continue
      if (one.timer !== null) clearTimeout(one.timer)
      one.isGone = true
      watched.delete(key)
    }
  }

  /** The servers that are well; all of them where none is, since a wrong path must not take a service down. */
  function choose(service: ResolvedService): Server[] {
    const asked = service.servers.flatMap((server) => watched.get(keyOf(service, server)) ?? [])
    const well = service.servers.filter((server) => watched.get(keyOf(service, server))?.isUp !== false)
    if (well.length > 0 || asked.length === 0) {
      allUnwell.delete(service.name)
      return well
    }
    if (!allUnwell.has(service.name)) {
      const found = Object.fromEntries(asked.map(({ server, found: why }) => [formatServer(server), why]))
      log.warn({ service: service.name, found }, 'no server of a service is well: all of them get visitors')
    }
    allUnwell.add(service.name)
    return service.servers
  }

  return {
    follow(services) {
      if (stopping.signal.aborted) return services.map((service) => served(service, choose(service)))
      const kept = new Set<string>()
      for (const service of services) {
        const { health } = service
        if (health === null) continue
        for (const server of service.servers) {
          kept.add(keyOf(service, server))
          watch({ ...service, health }, server)
        }
      }
      forgetAllBut(kept)
      for (const name of allUnwell) if (!services.some((service) => service.name === name)) allUnwell.delete(name)
      measure()
      return services.map((service) => served(service, choose(service)))
    },
    stop() {
      stopping.abort()
      // What is known of them stays: an apply in hand shall not bring back who is out.
      for (const { timer } of watched.values()) if (timer !== null) clearTimeout(timer)
    },
  }
}

const served = ({ name, scheme, tlsName }: ResolvedService, servers: Server[]): ServedService => ({
  name,
  scheme,
  tlsName,
  servers: servers.map(({ address, port }) => ({ address, port })),
})

const questionOf = ({ service, server }: Pick<Watched, 'service' | 'server'>) => [
  service.scheme,
  service.tlsName,
  service.health,
  server.host,
]

const keyOf = ({ name }: ResolvedService, server: Server): string => `${name} ${formatServer(server)}`

const formatServer = ({ address, port }: Server): string => formatServiceServer({ host: address, port })
