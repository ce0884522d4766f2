import {
  DNS_PROVIDERS,
  type DnsZone,
  dnsAccountSchema,
  type HostnamePolicy,
  parseSingleHostname,
  type RecordPlan,
  describePlan,
  tenantSchema,
} from '@mooring/core'
import { z } from 'zod'

const [powerdns, rfc2136, cloudflare, route53, digitalocean] = dnsAccountSchema.options

/** The body of `POST /v1/dns-zones`: a name, for whom, and the account of one provider. */
export function newDnsZoneSchema(policy: HostnamePolicy) {
  const zone = {
    name: zoneName(policy),
    tenant: tenantSchema.optional().describe('Who may use it; without it, every tenant.'),
  }
  return z.discriminatedUnion('provider', [
    powerdns.extend(zone),
    rfc2136.extend(zone),
    cloudflare.extend(zone),
    route53.extend(zone),
    digitalocean.extend(zone),
  ])
}

function zoneName({ allowedZones }: HostnamePolicy) {
  return z
    .string()
    .transform((text, context) => {
      if (allowedZones.includes(text)) return text
      // Zones may hold the platform's own names, which nobody may register.
      const name = parseSingleHostname(text, { reserved: [], allowedZones })
      if (name.ok) return String(name.value)
      context.addIssue({ code: 'custom', input: text, message: name.message, params: { code: name.code } })
      return z.NEVER
    })
    .describe('The zone’s apex, such as apps.example.com.')
}

const shown = {
  id: z.string(),
  name: z.string(),
  tenant: z.string().nullable().describe('Who may use it; null for every tenant.'),
  created_at: z.string().meta({ format: 'date-time' }),
}
const withoutCredentials = { credentials: true } as const

/** A zone with how its account is reached; credentials are never shown. */
export const dnsZoneSchema = z
  .discriminatedUnion('provider', [
    powerdns.omit(withoutCredentials).extend(shown),
    rfc2136.omit(withoutCredentials).extend(shown),
    cloudflare.omit(withoutCredentials).extend(shown),
    route53.omit(withoutCredentials).extend(shown),
    digitalocean.omit(withoutCredentials).extend(shown),
  ])
  .meta({ id: 'DnsZone' })

export function dnsZoneResource({ id, name, tenant, account, createdAt }: DnsZone): z.output<typeof dnsZoneSchema> {
  return { id, name, tenant, ...account, created_at: createdAt.toISOString() }
}

const recordSetSchema = z
  .object({
    name: z.string(),
    type: z.enum(['A', 'AAAA', 'CNAME', 'TXT']),
    ttl_seconds: z.int(),
    values: z.array(z.string()),
  })
  .meta({ id: 'RecordSet' })

export const recordPlanSchema = z
  .object({
    zone: z.object({ id: z.string(), name: z.string(), provider: z.enum(DNS_PROVIDERS) }),
    lines: z.array(z.string()).describe('The plan in words, one line for each change and each conflict.'),
    changes: z
      .array(
        z.object({
          kind: z.enum(['create', 'keep', 'update', 'delete']),
          set: recordSetSchema,
          before: recordSetSchema.nullable().describe('What stands there now, for `update`.'),
        }),
      )
      .describe('In the order in which they are made.'),
    conflicts: z
      .array(
        z.object({
          name: z.string(),
          type: z.enum(['A', 'AAAA', 'CNAME', 'TXT']),
          values: z.array(z.string()),
          explanation: z.string(),
        }),
      )
      .describe('Records that Mooring did not write and will not touch: nothing is written while there are any.'),
  })
  .meta({ id: 'RecordPlan' })

export function recordPlanResource(
  zone: z.output<typeof recordPlanSchema>['zone'],
  plan: RecordPlan,
): z.output<typeof recordPlanSchema> {
  return {
    zone,
    lines: describePlan(plan),
    changes: plan.changes.map((change) => ({
      kind: change.kind,
      set: recordSetResource(change.set),
      before: change.kind === 'update' ? recordSetResource(change.before) : null,
    })),
    conflicts: plan.conflicts,
  }
}

const recordSetResource = ({
  name,
  type,
  ttlSeconds,
  values,
}: RecordPlan['changes'][number]['set']): z.output<typeof recordSetSchema> => ({
  name,
  type,
  ttl_seconds: ttlSeconds,
  values,
})
