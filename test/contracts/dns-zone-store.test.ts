import { type Domain, type DnsZoneStore, type Hostname, newDnsZoneId } from '@mooring/core'
import { createDnsZoneStore } from '@mooring/postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { aDomain } from '../builders/domain.ts'
import { aZone } from '../builders/dns-zone.ts'
import { storeDueDomain } from '../builders/due-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let zones: DnsZoneStore
beforeEach(() => {
  zones = createDnsZoneStore(database())
})

const holding = async (hostname: string, tenant = 'default') =>
  (await zones.holding(hostname as Hostname, tenant))?.name ?? null
const aManaged = (hostname: string, overrides: Partial<Domain> = {}) =>
  storeDueDomain(database(), {
    hostname: hostname as Hostname,
    verification: { ...aDomain().verification, method: 'managed' },
    ...overrides,
  })

describe('managed zones', () => {
  it('are stored with their credentials and shown without them', async () => {
    const zone = aZone({
      tenant: 'acme',
      account: { provider: 'powerdns', url: 'http://10.0.0.2:8081', server_id: 'a' },
    })
    expect(await zones.create(zone)).toBe('created')
    const { sealedCredentials, ...shown } = zone
    expect(await zones.find(zone.id)).toEqual(shown)
    expect(await zones.list()).toEqual([shown])
    expect(await zones.holding('a.platform.example.com' as Hostname, 'acme')).toEqual({ ...shown, sealedCredentials })
    expect(await zones.find(newDnsZoneId())).toBeNull()
  })

  it('are one per name', async () => {
    await zones.create(aZone())
    expect(await zones.create(aZone())).toBe('exists')
    expect(await zones.list()).toHaveLength(1)
  })

  it('hold a name by the longest zone that is open to the tenant', async () => {
    await zones.create(aZone({ name: 'example.com' }))
    await zones.create(aZone({ name: 'b.example.com', tenant: 'b' }))
    expect(await holding('x.b.example.com', 'b')).toBe('b.example.com')
    expect(await holding('x.b.example.com', 'a')).toBe('example.com')
    expect(await holding('example.com')).toBe('example.com')
    expect(await holding('*.shop.example.com')).toBe('example.com')
    expect(await holding('notexample.com')).toBeNull()
    expect(await holding('com')).toBeNull()
  })

  it('stay while domains have their records in them', async () => {
    const outer = aZone({ name: 'example.com' })
    const inner = aZone({ name: 'b_.example.com' })
    await zones.create(outer)
    await zones.create(inner)
    const domain = await aManaged('x.b_.example.com', { state: 'active' })
    // Neither in the zone by its letters, nor managed.
    await aManaged('x.bc.example.org')
    await storeDueDomain(database(), { hostname: 'own.example.com' as Hostname })
    expect(await zones.remove(inner.id)).toBe('in_use')
    expect(await zones.remove(outer.id)).toBe('removed')
    await database().kysely.updateTable('domains').set({ state: 'deprovisioned' }).where('id', '=', domain.id).execute()
    expect(await zones.remove(inner.id)).toBe('removed')
    expect(await zones.remove(inner.id)).toBe('not_found')
  })
})
