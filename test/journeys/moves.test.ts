import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'
import { followSite } from '../services/follow-site.ts'

describe('names that move between tenants, every role a process of its own', () => {
  let fleet: Fleet
  const targets: Record<string, { type: 'proxy'; url: string }> = {}
  beforeAll(async () => {
    fleet = await startFleet()
    for (const tenant of ['ada', 'ben']) targets[tenant] = { type: 'proxy', url: (await fleet.startSite(tenant)).url }
  })
  afterAll(() => fleet?.stop())

  const claim = (hostname: string, tenant: string) => fleet.post(hostname, { tenant, target: targets[tenant] })
  const launchFor = (hostname: string, tenant: string) => fleet.launch(hostname, { tenant, target: targets[tenant] })

  interface Claim {
    id: string
    hostname: string
    dns: { records: { purpose: string; name: string; value: string }[] }
  }
  const proofOf = ({ dns, hostname }: Claim) =>
    dns.records.find(({ purpose }) => purpose === 'ownership') ?? expect.fail(`no proof is asked of ${hostname}`)

  /** Whose records are in DNS: as many values at one name as there are claims. */
  const showProofs = (...claims: Claim[]) =>
    fleet.dns.setTXT(
      proofOf(claims[0] as Claim).name,
      claims.map((each) => proofOf(each).value),
    )

  /** The record of `winner` is there now: it takes the name, and no visitor sees anything but the one site or the other. */
  async function move(loser: Claim, winner: Claim) {
    const visits = fleet.edges.map((edge) => followSite(() => fleet.visitHttps(edge, winner.hostname)))
    await fleet.call('POST', `/v1/domains/${winner.id}/check`)
    const active = await fleet.reaches(winner.id, 'active')
    const left = await fleet.reaches(loser.id, 'deprovisioned')
    return { active, left, seen: await Promise.all(visits.map((site) => site.stop())) }
  }

  it('a newer proof moves a name without one wrong answer, and an old record takes nothing back', async () => {
    const hostname = 'shop.moving-customer.com'
    const first = await launchFor(hostname, 'ada')
    expect(first.holds).toBe(true)

    const second = await claim(hostname, 'ben')
    const told = await fleet.saysOnCheck(second.id, 'HOSTNAME_TAKEN')
    expect(told).toMatchObject({ state: 'verifying', holds: false, reason: { actor: 'customer' } })
    expect(told.reason.message).toContain('Another account has proved that it owns shop.moving-customer.com')
    expect(proofOf(second).value).not.toBe(proofOf(first).value)
    expect(await fleet.domain(first.id)).toMatchObject({ state: 'active', reason: null, holds: true })
    for (const edge of fleet.edges) {
      expect(JSON.parse((await fleet.visitHttps(edge, hostname)).body).site).toBe('ada')
    }

    await showProofs(first, second)
    const there = await move(first, second)
    expect(there.seen).toEqual(fleet.edges.map(() => ['200 ada', '200 ben']))
    expect(there.active.certificate.serial).not.toBe(first.certificate.serial)
    expect(there.left).toMatchObject({ holds: false })
    expect(await fleet.events(first.id)).toContainEqual(
      expect.objectContaining({ type: 'domain.moved', data: { to: 'another account' } }),
    )
    expect(await fleet.events(second.id)).toContainEqual(
      expect.objectContaining({ type: 'domain.moved', data: { from: 'another account' } }),
    )

    // The record of the first claim still stands in DNS.
    const third = await claim(hostname, 'ada')
    await fleet.saysOnCheck(third.id, 'HOSTNAME_TAKEN')
    expect((await fleet.domain(second.id)).holds).toBe(true)

    await showProofs(first, second, third)
    const back = await move(second, third)
    expect(back.seen).toEqual(fleet.edges.map(() => ['200 ben', '200 ada']))
  })

  it('names below another tenant’s take its consent or a proof of their own', async () => {
    const parent = await launchFor('parent-customer.com', 'ada')
    const child = await claim('blog.parent-customer.com', 'ben')
    await fleet.dns.setA(
      child.hostname,
      fleet.edges.map(({ address }) => address),
    )
    await fleet.saysOnCheck(child.id, 'DNS_TXT_MISSING')

    const consented = await fleet.call('POST', `/v1/domains/${parent.id}/consents`, { tenant: 'ben' })
    expect([consented.status, consented.body.consents]).toEqual([202, ['ben']])
    await fleet.call('POST', `/v1/domains/${child.id}/check`)
    await fleet.reaches(child.id, 'active')
    expect((await fleet.events(child.id)).map(({ type }) => type)).toContain('ownership.by_consent')
    for (const edge of fleet.edges) {
      expect(JSON.parse((await fleet.visitHttps(edge, child.hostname)).body).site).toBe('ben')
    }

    expect((await fleet.call('DELETE', `/v1/domains/${parent.id}/consents/ben`)).status).toBe(202)
    const warned = await fleet.saysOnCheck(child.id, 'OWNERSHIP_LOST')
    expect(warned).toMatchObject({ state: 'active', reason: { actor: 'customer' } })

    await fleet.addRecords(child)
    await fleet.call('POST', `/v1/domains/${child.id}/check`)
    await eventually('its own proof is found', async () => (await fleet.domain(child.id)).reason === null)
    expect((await fleet.domain(child.id)).state).toBe('active')
  })
})
