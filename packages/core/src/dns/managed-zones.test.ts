import { describe, expect, it } from 'vitest'
import { createKeyCustody } from '../certificate/key-custody.ts'
import type { Hostname } from '../domain/hostname.ts'
import type { DnsProvider, DnsZoneStore } from '../ports.ts'
import type { DnsAccount, StoredDnsZone } from './dns-zone.ts'
import { openManagedZones } from './managed-zones.ts'

const custody = createKeyCustody('c0ffee00'.repeat(8))
const hostname = 'shop.example.com' as Hostname
const sealed = (credentials: unknown, zoneId = 'zone_1') =>
  custody.seal(JSON.stringify(credentials), { ownerId: zoneId, secretId: 'dns-credentials' })

const stored: StoredDnsZone = {
  id: 'zone_1',
  name: 'example.com',
  tenant: null,
  account: { provider: 'cloudflare' },
  createdAt: new Date('2026-11-21T00:00:00Z'),
  sealedCredentials: sealed({ api_token: 'first-token' }),
}

function zonesOver(first: StoredDnsZone | null) {
  let zone = first
  const accounts: DnsAccount[] = []
  const store = { holding: async () => zone } as Partial<DnsZoneStore> as DnsZoneStore
  const createProvider = (account: DnsAccount) => {
    accounts.push(account)
    return { name: account.provider } as DnsProvider
  }
  const replace = (changed: StoredDnsZone) => {
    zone = changed
  }
  return { zones: openManagedZones({ store, custody, createProvider }), accounts, replace }
}

describe('openManagedZones', () => {
  it('opens the provider with the unsealed credentials', async () => {
    const { zones, accounts } = zonesOver(stored)
    const zone = await zones.holding(hostname, 'acme')
    expect(zone).toMatchObject({ id: 'zone_1', name: 'example.com', provider: { name: 'cloudflare' } })
    expect(accounts).toEqual([{ provider: 'cloudflare', credentials: { api_token: 'first-token' } }])
  })

  it('keeps the provider until the credentials change', async () => {
    const { zones, accounts, replace } = zonesOver(stored)
    const [one, two] = [await zones.holding(hostname, 'acme'), await zones.holding(hostname, 'acme')]
    expect(two?.provider).toBe(one?.provider)
    replace({ ...stored, sealedCredentials: sealed({ api_token: 'second-token' }) })
    expect((await zones.holding(hostname, 'acme'))?.provider).not.toBe(one?.provider)
    expect(accounts.map(({ credentials }) => credentials)).toEqual([
      { api_token: 'first-token' },
      { api_token: 'second-token' },
    ])
  })

  it('has nothing for a name that no zone holds', async () => {
    expect(await zonesOver(null).zones.holding(hostname, 'acme')).toBeNull()
  })

  it.each([
    ['of another provider', sealed({ token: 'secret-token' })],
    ['that are no JSON', custody.seal('secret-token', { ownerId: 'zone_1', secretId: 'dns-credentials' })],
    ["that are another zone's", sealed({ api_token: 'secret-token' }, 'zone_2')],
  ])('refuses credentials %s, without telling them', async (_, sealedCredentials) => {
    const { zones } = zonesOver({ ...stored, sealedCredentials })
    const problem = await zones.holding(hostname, 'acme').catch((error: unknown) => error)
    expect(problem).toMatchObject({ code: 'INTERNAL' })
    expect(JSON.stringify([problem, String(problem)])).not.toContain('secret-token')
  })
})
