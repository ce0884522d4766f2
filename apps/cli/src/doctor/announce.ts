import type { HttpProbe, Resolver } from '@mooring/core'

type Announce = (what: string) => void

/** The resolver, which says whom it asks for what before it does. */
export function announcedResolver(resolver: Resolver, announce: Announce): Resolver {
  return {
    servers: resolver.servers,
    lookup(name, type) {
      announce(`asking the name servers of ${name} for ${type}`)
      return resolver.lookup(name, type)
    },
    lookupAtOne(name, type) {
      announce(`asking a name server of ${name} for ${type}`)
      return resolver.lookupAtOne(name, type)
    },
    ask(name, type, server) {
      announce(`asking ${server} for ${name} ${type}`)
      return resolver.ask(name, type, server)
    },
    zoneOf(name) {
      announce(`looking for the zone of ${name}`)
      return resolver.zoneOf(name)
    },
  }
}

/** The probe, which says what it fetches from where before it does. */
export function announcedProbe(probe: HttpProbe, announce: Announce): HttpProbe {
  return {
    get(request, signal) {
      announce(`fetching ${request.scheme}://${request.hostname}${request.path} from ${request.address}`)
      return probe.get(request, signal)
    },
  }
}
