import { isWithin, type Resolver } from '@mooring/core'

/** One resolver of two: names in the demo's zones are asked of the demo's name server, all others of the world's. */
export function splitResolver({
  zones,
  demo,
  world,
}: {
  zones: readonly string[]
  demo: Resolver
  world: Resolver
}): Resolver {
  const [demoServer = ''] = demo.servers
  const isDemo = (name: string) => zones.some((zone) => isWithin(name.toLowerCase(), zone))
  const resolverOf = (name: string) => (isDemo(name) ? demo : world)
  return {
    servers: world.servers,
    lookup: (name, type) => resolverOf(name).lookup(name, type),
    lookupAtOne: (name, type) => resolverOf(name).lookupAtOne(name, type),
    ask: (name, type, server) => (isDemo(name) ? demo.ask(name, type, demoServer) : world.ask(name, type, server)),
    zoneOf: (name) => resolverOf(name).zoneOf(name),
  }
}
