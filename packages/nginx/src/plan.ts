import { type RejectedRoute, type ServedRoute, certificateComplaint } from '@mooring/core'
import { join } from 'node:path'
import { type Site, certificateFolder } from './site.ts'
import { type VhostSettings, fingerprintOf } from './vhost.ts'

/** What the next generation shall hold. */
export interface Plan {
  sites: Site[]
  /** Those of `sites` that are new, with what they are made from. */
  changed: { site: Site; route: ServedRoute }[]
  rejected: RejectedRoute[]
}

export interface KnownFaults {
  /** Detail of a fault that nginx found with exactly this content; null when there is none. */
  faultOf(site: Site): string | null
}

/**
 * Decides from desired routes what to serve: each route as it is, or its last good version where it cannot be served.
 * `lastGood` is by domain id.
 */
export function makePlan(
  routes: ServedRoute[],
  {
    lastGood,
    live,
    faults,
    settings,
  }: {
    lastGood: ReadonlyMap<string, Site>
    live: ReadonlyMap<string, Site>
    faults: KnownFaults
    settings: VhostSettings
  },
): Plan {
  const plan: Plan = { sites: [], changed: [], rejected: [] }
  const taken = new Set<string>()
  // The newest claim to a name wins: nginx would take whichever it reads first, and warn.
  for (const route of routes.toSorted((a, b) => b.generation - a.generation)) {
    const site = siteOf(route, settings)
    const complaint = taken.has(route.hostname)
      ? `${route.hostname} is routed twice; the newer route is served.`
      : (faults.faultOf(site) ?? complaintAbout(route, live.get(route.hostname), site))
    if (complaint === null) {
      taken.add(route.hostname)
      plan.sites.push(site)
      if (live.get(site.hostname)?.fingerprint !== site.fingerprint) plan.changed.push({ site, route })
      continue
    }
    plan.rejected.push({ domainId: route.domainId, generation: route.generation, detail: complaint })
    const last = lastGood.get(route.domainId)
    if (last !== undefined && last.hostname === route.hostname && !taken.has(last.hostname)) {
      taken.add(last.hostname)
      plan.sites.push(last)
    }
  }
  return plan
}

function siteOf(route: ServedRoute, settings: VhostSettings): Site {
  const { domainId, hostname, variant, certificate, action } = route
  const fingerprint = fingerprintOf(route, settings)
  const service = action.type === 'service' ? action.name : null
  const base = { domainId, hostname, variant, fingerprint, service }
  if (variant === 'http' || certificate === null) return { ...base, serial: null, certificate: null }
  const file = join('certificates', certificateFolder(hostname), `${certificate.serial}-${fingerprint}.pem`)
  return { ...base, serial: certificate.serial, certificate: file }
}

function complaintAbout(route: ServedRoute, live: Site | undefined, site: Site): string | null {
  if (live?.fingerprint === site.fingerprint) return null // It is being served: nothing can be wrong with it.
  if (route.variant === 'http') return null
  if (route.certificate === null) return 'The route is for HTTPS but has no certificate.'
  return certificateComplaint(route.certificate, route.hostname)
}
