import { type Client, ProblemError } from '@mooring/client'
import { leadsBack, parseServiceServer, tlsNameComplaint } from '@mooring/core'
import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { serviceSchema } from '../server/service-answer.ts'
import { type ServiceStep, compareService } from './compare-service.ts'
import type { Registration } from './desired.ts'
import type { WantedService } from './wanted-service.ts'

const listSchema = z.object({ data: z.array(serviceSchema) })

/** What is to be done, and what is wrong with any of it. Throws `Failure` when this key may not do it. */
export async function planServices(
  client: Client,
  wanted: WantedService[],
): Promise<{ steps: ServiceStep[]; complaints: string[] }> {
  if (wanted.length === 0) return { steps: [], complaints: [] }
  const { principal } = await client.call('GET /v1/session')
  if (principal.tenant !== null) throw needsAdmin(`${principal.name} is a key of the tenant ${principal.tenant}`)
  const { body } = await client.request({ method: 'GET', path: '/v1/services' }).catch((error: unknown) => {
    throw isWithoutServices(error) ? new Failure(EXIT.wrong, 'This server is of a release without services.') : error
  })
  const present = new Map(listSchema.parse(body).data.map((service) => [service.name, service]))
  const steps = wanted.map((service) => compareService(service, present.get(service.name)))
  const isChange = steps.some(({ kind }) => kind !== 'nothing')
  if (isChange && principal.role !== 'admin') throw needsAdmin(`${principal.name} has the role ${principal.role}`)
  const complaints = wanted.flatMap(({ place }, nth) => {
    const step = steps[nth]
    const complaint = step === undefined ? null : tlsNameComplaint(step.wanted.scheme, step.wanted.tls_name)
    return complaint === null ? [] : [`  ${place}.tls_name: ${complaint.message}`]
  })
  return { steps, complaints }
}

// No service can be asked for there, and no target can name one.
const isWithoutServices = (error: unknown): boolean => error instanceof ProblemError && error.status === 404

const needsAdmin = (but: string): Failure =>
  new Failure(EXIT.wrong, `Services are the platform's: they need a key of the role admin without a tenant. ${but}.`)

/** The service of the plan that a domain's target names; null for all other targets. */
export function serviceOf({ target }: Registration, steps: ServiceStep[]): ServiceStep | null {
  const { type, service, ...others } = target
  if (type !== 'proxy' || service === undefined || Object.keys(others).length > 0) return null
  return steps.find((step) => step.service === service) ?? null
}

/** Why a domain may not have the service as its target, once that is as it is wanted; null when it may. */
export function refusalOfTarget({ hostname, tenant }: Registration, { service, wanted }: ServiceStep): string | null {
  if (wanted.tenant !== null && wanted.tenant !== tenant) return `The service ${service} is for ${wanted.tenant} alone.`
  const servers = wanted.servers.map(parseServiceServer).flatMap((server) => (server.ok ? [server.value] : []))
  return leadsBack(servers, hostname)
    ? 'A server of the service is the hostname itself: every request would come back.'
    : null
}
