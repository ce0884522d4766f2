import {
  type DnsZone,
  type Domain,
  type Hostname,
  managedRecordSets,
  type ManagedZone,
  newDomainId,
  planFor,
  type Registry,
} from '@mooring/core'
import type { z } from 'zod'
import { askDnsHost } from './ask-dns-host.ts'
import type { ApiDependencies } from './dependencies.ts'
import { recordPlanResource, type recordPlanSchema } from './dns-zone-schemas.ts'
import { invalid, Refusal } from './problem.ts'

/** Stands where a domain that is only thought of will have its token: no real one is shown that would never be good. */
export const TOKEN_TO_COME = '<token>'

type Planned = Pick<Domain, 'id' | 'hostname' | 'verification' | 'tls'>
type Plan = z.output<typeof recordPlanSchema>

/** What would be written in this zone for a hostname: for its domain if there is one, else for one to come. */
export async function planInZone(
  zone: DnsZone,
  asked: { hostname: Hostname; tenant?: string | undefined },
  context: Pick<ApiDependencies, 'registry' | 'zones' | 'clock' | 'settings'>,
): Promise<Plan> {
  const { registry, zones, clock, settings } = context
  const { hostname } = asked
  const standing = await managedDomain(registry, asked)
  const tenant = asked.tenant ?? standing?.tenant ?? zone.tenant ?? 'default'
  const holding = await zones.holding(hostname, tenant)
  if (holding?.id !== zone.id) {
    const where = holding === null ? '' : ` It lies in ${holding.name}, which is managed as well.`
    const message = `${zone.name} does not hold ${hostname} for the tenant ${tenant}.${where}`
    throw invalid([{ path: 'hostname', code: 'ZONE_NOT_HOLDING', message }])
  }
  return planRecordsOf(standing ?? toCome(hostname, clock.now()), holding, settings.rules.edge)
}

async function managedDomain(
  registry: Registry,
  { hostname, tenant }: { hostname: Hostname; tenant?: string | undefined },
): Promise<Domain | null> {
  const { domain } = (await registry.find(hostname)) ?? { domain: null }
  if (domain === null || domain.verification.method !== 'managed' || domain.state === 'deprovisioned') return null
  return tenant === undefined || tenant === domain.tenant ? domain : null
}

const toCome = (hostname: Hostname, now: Date): Planned => ({
  id: newDomainId(),
  hostname,
  tls: { mode: 'auto' },
  verification: {
    method: 'managed',
    routing: true,
    token: TOKEN_TO_COME,
    issuedAt: now,
    expiresAt: now,
    previous: null,
  },
})

/** Compares what the domain needs with what stands in the zone. Throws `CONFLICT` for what the host refuses. */
export async function planRecordsOf(
  domain: Planned,
  zone: ManagedZone,
  edge: ApiDependencies['settings']['rules']['edge'],
): Promise<Plan> {
  const wanted = managedRecordSets(domain, edge)
  const plan = await askDnsHost((signal) => planFor(zone, domain.id, wanted, signal), {
    // Its credentials are not at hand here to be left out.
    quote: () => '',
    refuse: ({ kind }) =>
      new Refusal(
        'CONFLICT',
        kind === 'unauthorized'
          ? `The DNS host does not accept the credentials of ${zone.name} any more. Manage the zone anew.`
          : `The DNS host declines to show what stands in ${zone.name}.`,
      ),
  })
  return recordPlanResource({ id: zone.id, name: zone.name, provider: zone.provider.name }, plan)
}
