import {
  dnsRecords,
  type DnsZoneStore,
  type NewDomain,
  type Registry,
  type ServiceStore,
  type StoredDnsZone,
  verificationResource,
} from '@mooring/core'
import { z } from 'zod'
import type { ApiDependencies } from './dependencies.ts'
import { recordPlanSchema } from './dns-zone-schemas.ts'
import { planRecordsOf, TOKEN_TO_COME } from './plan-records.ts'
import { invalid, Refusal } from './problem.ts'
import { dnsRecordSchema, verificationSchema } from './schemas.ts'
import { serviceComplaints } from './target-service.ts'

export const registrationPlanSchema = z
  .object({
    hostname: z.string(),
    tenant: z.string(),
    verification: verificationSchema,
    records: z
      .array(dnsRecordSchema)
      .describe(`What is needed in DNS. \`${TOKEN_TO_COME}\` stands for the token that the domain will have.`),
    plan: recordPlanSchema
      .nullable()
      .describe('For the method `managed`: what would be written. Null for others: the customer writes.'),
  })
  .meta({ id: 'RegistrationPlan' })

/** What a registration would come to. Asks the DNS host of a managed name, and stores nothing. */
export async function planRegistration(
  wanted: NewDomain,
  registry: Registry,
  context: Pick<ApiDependencies, 'zones' | 'zoneStore' | 'services' | 'settings'>,
): Promise<z.output<typeof registrationPlanSchema>> {
  const { zones, zoneStore, settings } = context
  const { edge } = settings.rules
  await assertUnclaimed(wanted, registry)
  await assertService(wanted, context.services)
  await zoneFor(wanted, zoneStore)
  const domain = { ...wanted, verification: { ...wanted.verification, token: TOKEN_TO_COME }, dns: {} }
  const zone = domain.verification.method === 'managed' ? await zones.holding(domain.hostname, domain.tenant) : null
  return {
    hostname: domain.hostname,
    tenant: domain.tenant,
    // Its address is made from the token, which is yet to come.
    verification: { ...verificationResource(domain), http: null },
    records: dnsRecords(domain, edge).map(withoutId),
    plan: zone === null ? null : await planRecordsOf(domain, zone, edge),
  }
}

/** A delegation leads to a name that is made from the domain's id, which is yet to come. */
const withoutId = (record: ReturnType<typeof dnsRecords>[number]): typeof record =>
  record.purpose === 'certificate' ? { ...record, value: record.value.replace(/^[^.]+/, TOKEN_TO_COME) } : record

/** The managed zone that a domain of the method `managed` will have its records in; throws `INVALID` without one. */
export async function zoneFor(
  { hostname, tenant, verification }: Pick<NewDomain, 'hostname' | 'tenant' | 'verification'>,
  zoneStore: DnsZoneStore,
): Promise<StoredDnsZone | null> {
  if (verification.method !== 'managed') return null
  const zone = await zoneStore.holding(hostname, tenant)
  if (zone !== null) return zone
  const message = `No managed zone that is open to ${tenant} holds ${hostname}. Manage its zone first, or choose the method txt.`
  throw invalid([{ path: 'verification.method', code: 'ZONE_NOT_MANAGED', message }])
}

/** Throws `INVALID` when the target names a service that it may not have. */
export async function assertService(
  wanted: Pick<NewDomain, 'target' | 'tenant' | 'hostname'>,
  services: Pick<ServiceStore, 'find'>,
): Promise<void> {
  const complaints = await serviceComplaints(wanted, services)
  if (complaints.length > 0) throw invalid(complaints)
}

async function assertUnclaimed({ hostname, tenant }: NewDomain, registry: Pick<Registry, 'list'>): Promise<void> {
  const { data } = await registry.list({ tenant, q: hostname }, { limit: 200, cursor: null })
  const claim = data.find(({ domain }) => domain.hostname === hostname && domain.state !== 'deprovisioned')
  if (claim === undefined) return
  throw new Refusal('HOSTNAME_EXISTS', `${hostname} is already registered by ${tenant}.`, { id: claim.domain.id })
}
