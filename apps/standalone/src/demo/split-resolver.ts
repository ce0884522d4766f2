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
  return {
    servers: world.servers,
    lookup(name, type, server) {
      const isDemo = zones.some((zone) => isWithin(name.toLowerCase(), zone))
      return isDemo ? demo.lookup(name, type, demoServer) : world.lookup(name, type, server)
    },
  }
}
