import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'
import { type PowerDns, startPowerDns } from '../services/powerdns.ts'
import type { Running } from '../services/provide.ts'

const ZONE = 'apps.platform-zone.com'
const CHALLENGES = 'acme.platform-zone.com'
const CUSTOMER = 'wild-customer.com'

describe('certificates by DNS-01, every role a process of its own', () => {
  let fleet: Fleet
  let powerdns: Running<PowerDns>
  beforeAll(async () => {
    powerdns = await startPowerDns()
    // It is all of DNS here, for Mooring and for the CA, with nobody's hand in between.
    const env = { MOORING_ACME_CHALLENGE_ZONE: CHALLENGES }
    fleet = await startFleet({ edges: 1, dnsServer: powerdns.address.dnsServer, env })
    await powerdns.address.createZone('.', { nameServers: ['ns1.platform.example'] })
    for (const zone of ['platform.example', ZONE, CHALLENGES, CUSTOMER]) await powerdns.address.createZone(zone)
    const addresses = fleet.edges.map(({ address }) => address)
    await powerdns.address.setRecords('edge.platform.example', 'A', addresses)
    const { apiUrl, apiKey } = powerdns.address
    for (const name of [ZONE, CHALLENGES]) {
      const account = { provider: 'powerdns', url: apiUrl, credentials: { api_key: apiKey } }
      const managed = await fleet.call('POST', '/v1/dns-zones', { name, ...account })
      if (managed.status !== 201) throw new Error(`POST /v1/dns-zones: ${managed.status} ${managed.body.detail}`)
    }
  })
  afterAll(async () => {
    await fleet?.stop()
    await powerdns?.stop()
  })

  const edge = () => fleet.edges[0] ?? expect.fail('no edge')
  const valuesAt = async (zone: string, name: string): Promise<string[]> => {
    const { apiUrl, apiKey } = powerdns.address
    const response = await fetch(`${apiUrl}/api/v1/servers/localhost/zones/${zone}.`, {
      headers: { 'x-api-key': apiKey },
    })
    const { rrsets } = (await response.json()) as { rrsets: { name: string; records: { content: string }[] }[] }
    return rrsets
      .filter((set) => set.name.includes(name))
      .flatMap(({ records }) => records.map(({ content }) => content))
  }

  it('a wildcard of the platform is shared by the names below it, which need no order', async () => {
    const tls = { mode: 'auto', shared: true }
    const wildcard = await fleet.post(`*.${ZONE}`, { verification: { method: 'managed' }, tls })
    const { certificate } = await fleet.reaches(wildcard.id, 'active')
    expect(await valuesAt(ZONE, '_acme-challenge'), 'nothing of the proof is left').toEqual([])
    const issued = await fleet.pebble.issuances()

    const shop = await fleet.post(`shop.${ZONE}`, { verification: { method: 'managed' }, tenant: 'somebody' })
    await fleet.reaches(shop.id, 'active')
    expect(await fleet.pebble.issuances()).toBe(issued)
    expect(await fleet.visitHttps(edge(), shop.hostname)).toMatchObject({ status: 200, serial: certificate.serial })

    await fleet.call('DELETE', `/v1/domains/${shop.id}?immediate=true&revoke=true`)
    await fleet.reaches(shop.id, 'deprovisioned')
    expect(await fleet.pebble.statusOf(certificate.serial), 'it is not the shop’s to revoke').toBe('Valid')
  })

  it('nobody may have a name in the zone where others’ challenges are answered', async () => {
    const body = {
      hostname: `${'0'.repeat(32)}.${CHALLENGES}`,
      target: { type: 'none' },
      verification: { method: 'managed' },
    }
    const { status, body: problem } = await fleet.call('POST', '/v1/domains', body)
    expect([status, problem.errors]).toMatchObject([422, [{ path: 'hostname', code: 'HOSTNAME_RESERVED' }]])
  })

  it('a customer’s wildcard waits for the delegation of its challenge, says which, and is issued then', async () => {
    const domain = await fleet.post(`*.shops.${CUSTOMER}`)
    const records: { type: string; name: string; value: string; purpose: string }[] = domain.dns.records
    const delegation = records.find(({ purpose }) => purpose === 'certificate') ?? expect.fail('no delegation')
    expect(delegation).toMatchObject({ type: 'CNAME', name: `_acme-challenge.shops.${CUSTOMER}` })
    for (const { type, name, value, purpose } of records) {
      if (purpose !== 'certificate') await powerdns.address.setRecords(name, type as 'TXT' | 'CNAME', [value])
    }
    await fleet.saysOnCheck(domain.id, 'DNS_RECORD_MISSING')
    const { reason } = await fleet.domain(domain.id)
    expect(reason).toMatchObject({ actor: 'customer', expected: [delegation.value] })

    await powerdns.address.setRecords(delegation.name, 'CNAME', [delegation.value])
    await fleet.call('POST', `/v1/domains/${domain.id}/check`)
    const { certificate } = await fleet.reaches(domain.id, 'active')
    const visit = await fleet.visitHttps(edge(), `any.shops.${CUSTOMER}`)
    expect(visit).toMatchObject({ status: 200, serial: certificate.serial })
    expect(await valuesAt(CHALLENGES, delegation.value)).toEqual([])

    await fleet.call('POST', `/v1/domains/${domain.id}/renew`)
    await eventually('it is renewed', async () =>
      (await fleet.events(domain.id)).some(({ type }) => type === 'certificate.renewed'),
    )
  })
})
