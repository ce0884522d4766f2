import {
  type DnsAccount,
  type DnsProvider,
  hostnameSchema,
  newDnsZoneId,
  type StoredDnsZone,
  tenantSchema,
} from '@mooring/core'
import { z } from 'zod'
import { askDnsHost, without } from '../ask-dns-host.ts'
import { dnsZoneResource, dnsZoneSchema, newDnsZoneSchema, recordPlanSchema } from '../dns-zone-schemas.ts'
import { answerOnce } from '../idempotency.ts'
import { planInZone } from '../plan-records.ts'
import { invalid, notFound, Refusal } from '../problem.ts'
import { problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

const ZONE_ID = /^zone_[0-9a-f-]{36}$/
const zoneParams = z.strictObject({ id: z.string() })

/** Zones the platform controls. Credentials come in and never go out. */
export function dnsZoneRoutes(app: App, context: RouteContext): void {
  const { registryOf, zoneStore, custody, clock, openDnsAccount, record } = context
  const { hostnames } = context.settings.rules

  app.post(
    '/v1/dns-zones',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Manage a zone',
        description:
          'Its DNS host is asked first whether the account holds the zone. Credentials are never shown again.',
        tags: ['dns zones'],
        body: newDnsZoneSchema(hostnames).meta({ id: 'NewDnsZone' }),
        response: { 201: dnsZoneSchema, ...problems(400, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { name, tenant = null, ...account } = request.body
      // Before the transaction that an Idempotency-Key opens: a DNS host may take longer than the database allows.
      await assertHoldsZone(openDnsAccount(account), name, account)
      return answerOnce(request, reply, context, async () => {
        const zone = sealZone({ id: newDnsZoneId(), name, tenant, createdAt: clock.now() }, account)
        if ((await zoneStore.create(zone)) === 'exists') {
          throw new Refusal('ZONE_EXISTS', `${name} is managed already. Delete it first to give it another account.`)
        }
        return { status: 201, headers: { location: `/v1/dns-zones/${zone.id}` }, body: dnsZoneResource(zone) }
      })
    },
  )

  function sealZone(zone: Pick<StoredDnsZone, 'id' | 'name' | 'tenant' | 'createdAt'>, account: DnsAccount) {
    const { credentials, ...settings } = account
    const binding = { ownerId: zone.id, secretId: 'dns-credentials' }
    return { ...zone, account: settings, sealedCredentials: custody.seal(JSON.stringify(credentials), binding) }
  }

  app.get(
    '/v1/dns-zones',
    {
      schema: {
        summary: 'List managed zones',
        tags: ['dns zones'],
        response: { 200: z.object({ data: z.array(dnsZoneSchema), next_cursor: z.null() }), ...problems() },
      },
    },
    async (_request, reply) => {
      const zones = await zoneStore.list()
      return reply.send({ data: zones.map(dnsZoneResource), next_cursor: null })
    },
  )

  app.get(
    '/v1/dns-zones/:id',
    {
      schema: {
        summary: 'Read a managed zone',
        tags: ['dns zones'],
        params: zoneParams,
        response: { 200: dnsZoneSchema, ...problems(404) },
      },
    },
    async (request, reply) => reply.send(dnsZoneResource(await findZone(request.params.id))),
  )

  async function findZone(id: string) {
    const zone = ZONE_ID.test(id) ? await zoneStore.find(id) : null
    if (zone === null) throw notFound('zone')
    return zone
  }

  app.delete(
    '/v1/dns-zones/:id',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Manage a zone no longer; its records stay as they are',
        tags: ['dns zones'],
        params: zoneParams,
        response: { 204: z.null().describe('Forgotten, the credentials too.'), ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      const { id, name } = await findZone(request.params.id)
      await record(request, async () => {
        const removed = await zoneStore.remove(id)
        if (removed === 'not_found') throw notFound('zone')
        if (removed === 'in_use') {
          throw new Refusal('ZONE_IN_USE', `Domains have their records in ${name}. Delete them first.`)
        }
      })
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/v1/dns-zones/:id/plan',
    {
      schema: {
        summary: 'What would be written for a hostname, compared with what stands now',
        description:
          'Asks the DNS host and writes nothing. For a domain that is there, the plan is for its own records.',
        tags: ['dns zones'],
        params: zoneParams,
        querystring: z.strictObject({
          hostname: hostnameSchema(hostnames),
          tenant: tenantSchema.optional().describe('For whom; by default the zone’s own, or `default`.'),
        }),
        response: { 200: recordPlanSchema, ...problems(404, 409, 422) },
      },
    },
    async (request, reply) => {
      const zone = await findZone(request.params.id)
      return reply.send(await planInZone(zone, request.query, { ...context, registry: registryOf(request) }))
    },
  )
}

/** Throws `INVALID` when the account is not let in, or does not hold exactly this zone. */
async function assertHoldsZone(provider: DnsProvider, name: string, { credentials }: DnsAccount): Promise<void> {
  const found = await askDnsHost((signal) => provider.findZone(name, signal), {
    quote: without(Object.values(credentials)),
    refuse: ({ kind, said }) =>
      kind === 'unauthorized'
        ? invalid([{ path: 'credentials', code: 'CREDENTIALS_REFUSED', message: `They are not accepted. ${said}` }])
        : invalid([{ path: 'name', code: 'ZONE_REFUSED', message: `The DNS host declines. ${said}` }]),
  })
  if (found === name) return
  const instead = found === null ? '' : ` It holds ${found}, in which ${name} is a name like any other.`
  const message = `The account does not hold a zone ${name}.${instead}`
  throw invalid([{ path: 'name', code: 'ZONE_NOT_FOUND', message }])
}
