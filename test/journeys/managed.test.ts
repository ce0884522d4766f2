import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REFUSED_BY_EDGE } from '../faults/aftermath.ts'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'
import { type PowerDns, startPowerDns } from '../services/powerdns.ts'
import type { Running } from '../services/provide.ts'

const ZONE = 'apps.platform-zone.com'

describe('names in a zone of the platform, every role a process of its own', () => {
  let fleet: Fleet
  let powerdns: Running<PowerDns>
  let zoneId: string
  beforeAll(async () => {
    powerdns = await startPowerDns()
    // It is all of DNS here: what Mooring writes is what Mooring and the CA find, with nobody's hand in between.
    fleet = await startFleet({ dnsServer: powerdns.address.dnsServer })
    await powerdns.address.createZone('.', { nameServers: ['ns1.platform.example'] })
    for (const zone of ['platform.example', ZONE]) await powerdns.address.createZone(zone)
    await powerdns.address.setRecords(
      'edge.platform.example',
      'A',
      fleet.edges.map(({ address }) => address),
    )
    await powerdns.address.setRecords(`www.${ZONE}`, 'A', ['192.0.2.80'])
    await powerdns.address.setRecords(`www.${ZONE}`, 'TXT', ['v=somebody-elses'])

    const { apiUrl, apiKey } = powerdns.address
    const account = { provider: 'powerdns', url: apiUrl, credentials: { api_key: apiKey } }
    const managed = await fleet.call('POST', '/v1/dns-zones', { name: ZONE, ...account })
    if (managed.status !== 201) throw new Error(`POST /v1/dns-zones: ${managed.status} ${managed.body.detail}`)
    zoneId = managed.body.id
  })
  afterAll(async () => {
    await fleet?.stop()
    await powerdns?.stop()
  })

  /** Every record of the zone in zone-file form; without the SOA, whose serial counts changes. */
  async function recordsInZone(): Promise<string[]> {
    const { apiUrl, apiKey } = powerdns.address
    const response = await fetch(`${apiUrl}/api/v1/servers/localhost/zones/${ZONE}.`, {
      headers: { 'x-api-key': apiKey },
    })
    const { rrsets } = (await response.json()) as {
      rrsets: { name: string; type: string; ttl: number; records: { content: string }[] }[]
    }
    return rrsets
      .filter(({ type }) => type !== 'SOA')
      .flatMap(({ name, type, ttl, records }) => records.map(({ content }) => `${name} ${ttl} ${type} ${content}`))
      .toSorted()
  }
  const postManaged = (hostname: string) => fleet.post(hostname, { verification: { method: 'managed' } })
  const planOf = async (hostname: string) =>
    (await fleet.call('GET', `/v1/dns-zones/${zoneId}/plan?hostname=${hostname}`)).body

  it('go from post to HTTPS with no human step, and leave the zone as they found it', async () => {
    const hostname = `shop.${ZONE}`
    const before = await recordsInZone()
    const plan = await planOf(hostname)
    expect(plan).toMatchObject({ zone: { id: zoneId, name: ZONE, provider: 'powerdns' }, conflicts: [] })
    expect(plan.lines).toContain(`add CNAME ${hostname} → edge.platform.example`)
    expect(await recordsInZone()).toEqual(before)

    const posted = await postManaged(hostname)
    const active = await fleet.reaches(posted.id, 'active')
    for (const edge of fleet.edges) {
      expect(await fleet.visitHttps(edge, hostname)).toMatchObject({ status: 200, serial: active.certificate.serial })
    }
    const during = await recordsInZone()
    expect(during).toEqual(expect.arrayContaining(before))
    const written = during.filter((record) => !before.includes(record))
    expect(written).toContainEqual(expect.stringMatching(/^shop\.\S+ \d+ CNAME edge\.platform\.example\.$/))
    expect(written).toHaveLength(plan.changes.length)
    const { changes } = await planOf(hostname)
    expect(new Set(changes.map(({ kind }: { kind: string }) => kind)), 'nothing is left to do').toEqual(
      new Set(['keep']),
    )

    await fleet.call('DELETE', `/v1/domains/${posted.id}?immediate=true`)
    await fleet.reaches(posted.id, 'deprovisioned')
    expect(await recordsInZone()).toEqual(before)
    for (const edge of fleet.edges) {
      await expect(fleet.visitHttps(edge, hostname)).rejects.toThrow(REFUSED_BY_EDGE)
    }
  })

  it('wait for a person where somebody else’s record stands, and leave it alone', async () => {
    const hostname = `taken.${ZONE}`
    await powerdns.address.setRecords(hostname, 'CNAME', ['old.example.net'])
    const before = await recordsInZone()
    expect((await planOf(hostname)).conflicts).toEqual([
      expect.objectContaining({ name: hostname, values: ['old.example.net'] }),
    ])

    const posted = await postManaged(hostname)
    const waiting = await eventually('the record in the way is named', async () => {
      const domain = await fleet.domain(posted.id)
      return domain.reason?.code === 'DNS_RECORD_FOREIGN' ? domain : null
    })
    expect(waiting).toMatchObject({ state: 'pending', reason: { actor: 'operator' } })
    expect(waiting.reason.message).toContain('old.example.net')
    expect(await recordsInZone()).toEqual(before)

    await powerdns.address.deleteRecords(hostname, 'CNAME')
    await fleet.call('POST', `/v1/domains/${posted.id}/check`)
    await fleet.reaches(posted.id, 'active')

    await fleet.call('DELETE', `/v1/domains/${posted.id}?immediate=true`)
    await fleet.reaches(posted.id, 'deprovisioned')
    expect(await recordsInZone()).toEqual(before.filter((record) => !record.startsWith(hostname)))
  })

  it('go live by a record that somebody had entered already, which stays theirs', async () => {
    const hostname = `before.${ZONE}`
    await powerdns.address.setRecords(hostname, 'CNAME', ['edge.platform.example'], 300)
    const before = await recordsInZone()
    const posted = await postManaged(hostname)
    await fleet.reaches(posted.id, 'active')
    expect(await recordsInZone()).toEqual(before)

    await fleet.call('DELETE', `/v1/domains/${posted.id}?immediate=true`)
    await fleet.reaches(posted.id, 'deprovisioned')
    expect(await recordsInZone()).toEqual(before)
  })
})
