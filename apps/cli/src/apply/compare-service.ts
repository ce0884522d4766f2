import { isDeepStrictEqual } from 'node:util'
import type { ServiceAnswer } from '../server/service-answer.ts'
import type { WantedFields, WantedService } from './wanted-service.ts'

/** All that a service is; null is left out of what the server is sent. */
export type ServiceFields = Omit<ServiceAnswer, 'name' | 'edges'>

/** What is to be done so that a service is as it is wanted. Services that nobody speaks of are left alone. */
export type ServiceStep =
  | { kind: 'create'; service: string; wanted: ServiceFields }
  | { kind: 'change'; service: string; wanted: ServiceFields; fields: string[] }
  | { kind: 'nothing'; service: string; wanted: ServiceFields }

/** Compares what is wanted with what is there, if it is; what a file does not say stays as it is. */
export function compareService(
  { name: service, says }: WantedService,
  present: ServiceAnswer | undefined,
): ServiceStep {
  const wanted = wantedOf(says, present)
  if (present === undefined) return { kind: 'create', service, wanted }
  const fields = (['servers', 'scheme', 'tls_name', 'health', 'tenant'] as const).filter(
    (field) => !isDeepStrictEqual(wanted[field], present[field]),
  )
  return fields.length === 0 ? { kind: 'nothing', service, wanted } : { kind: 'change', service, wanted, fields }
}

const USUAL_INTERVAL_SECONDS = 10

function wantedOf(says: WantedFields, present: ServiceAnswer | undefined): ServiceFields {
  const scheme = says.scheme ?? present?.scheme ?? 'http'
  const health = says.health && {
    path: says.health.path,
    interval_seconds: says.health.interval_seconds ?? present?.health?.interval_seconds ?? USUAL_INTERVAL_SECONDS,
  }
  // Whoever goes back to http need not say that there is no certificate any more.
  const tlsName = scheme === 'http' ? null : (present?.tls_name ?? null)
  return {
    servers: says.servers,
    scheme,
    tls_name: says.tls_name === undefined ? tlsName : says.tls_name,
    health: health === undefined ? (present?.health ?? null) : health,
    tenant: says.tenant === undefined ? (present?.tenant ?? null) : says.tenant,
  }
}
