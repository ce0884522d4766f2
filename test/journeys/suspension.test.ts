import { HOLDING_PAGE } from '@mooring/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'

const SECOND = 1 / 86_400
const MISS_SECONDS = 5
/** Days as fractions: a day of a name's life takes seconds here. */
const SHORT = {
  MOORING_REVERIFY_DAYS: String(2 * SECOND),
  MOORING_MISS_DAYS: String(MISS_SECONDS * SECOND),
  MOORING_ROTATION_GRACE_DAYS: String(10 * SECOND),
}

describe('a name whose proof is lost, every role a process of its own', () => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await startFleet({ env: SHORT })
  })
  afterAll(() => fleet?.stop())

  interface Launched {
    id: string
    hostname: string
    certificate: { serial: string }
    dns: { records: { purpose: string; name: string; value: string }[] }
  }
  const proofOf = ({ dns, hostname }: Pick<Launched, 'dns' | 'hostname'>) =>
    dns.records.find(({ purpose }) => purpose === 'ownership') ?? expect.fail(`no proof is asked of ${hostname}`)
  const show = (domain: Launched, ...values: string[]) => fleet.dns.setTXT(proofOf(domain).name, values)
  const check = (domain: Launched) => fleet.call('POST', `/v1/domains/${domain.id}/check`)

  const says = (domain: Launched, code: string | null) =>
    eventually(`${domain.hostname} says ${code}`, async () => {
      const now = await fleet.domain(domain.id)
      return (now.reason?.code ?? null) === code ? now : null
    })

  /** Over HTTPS, on both edges, with the certificate that it was launched with. */
  async function everyEdgeAnswers({ hostname, certificate: { serial } }: Launched, status: number): Promise<void> {
    for (const edge of fleet.edges) {
      await eventually(`${edge.name} answers ${status}`, async () => {
        const visit = await fleet.visitHttps(edge, hostname)
        expect(visit).toMatchObject({ status, serial, ...(status === 503 ? { body: HOLDING_PAGE } : {}) })
        return true
      })
    }
  }

  /** Without its launch, during which the customer may have been asked for the records. */
  async function typesSinceActive({ id }: Launched): Promise<string[]> {
    const types = (await fleet.events(id)).map(({ type }) => type)
    return types.slice(types.indexOf('domain.active'))
  }

  it('is warned, then shows a holding page, and is served again when the record is back', async () => {
    const domain: Launched = await fleet.launch('lost.suspended-customer.com')
    const issued = await fleet.pebble.issuances()
    await fleet.dns.clearTXT(proofOf(domain).name)

    const warned = await says(domain, 'OWNERSHIP_LOST')
    expect(warned).toMatchObject({ state: 'active', reason: { actor: 'customer', observed: [] } })
    expect(warned.reason.expected).toEqual([expect.stringContaining(proofOf(domain).value.split(' ')[0] as string)])
    expect(warned.reason.message).toMatch(/It is suspended at .* unless the record is back by then/)
    await everyEdgeAnswers(domain, 200)

    await fleet.reaches(domain.id, 'suspended')
    await everyEdgeAnswers(domain, 503)
    for (const edge of fleet.edges) expect((await fleet.visitHttp(edge, domain.hostname)).status).toBe(308)
    const suspended = await eventually('every edge has proved it', async () => {
      const now = await fleet.domain(domain.id)
      return now.step === 'await_return' && now.reason?.code === 'OWNERSHIP_LOST' ? now : null
    })
    expect(suspended).toMatchObject({ suspension: 'ownership', holds: true })

    await show(domain, proofOf(domain).value)
    await check(domain)
    await fleet.reaches(domain.id, 'active')
    await everyEdgeAnswers(domain, 200)
    expect(await fleet.pebble.issuances()).toBe(issued)
    const types = await typesSinceActive(domain)
    const told = ['domain.active', 'domain.action_required', 'domain.suspended', 'ownership.lost', 'domain.active']
    expect(types.filter((type) => told.includes(type))).toEqual(told)
  })

  it('is not suspended while its name servers fail, however long', async () => {
    const domain: Launched = await fleet.launch('servfail.suspended-customer.com')
    const { name } = proofOf(domain)
    await fleet.dns.setServfail(name)
    const failing = Date.now()
    await eventually('it was looked at for longer than a miss may last', async () => {
      await check(domain)
      await says(domain, 'DNS_SERVFAIL')
      return Date.now() - failing > 1.5 * MISS_SECONDS * 1000
    })
    expect(await fleet.domain(domain.id)).toMatchObject({ state: 'active', reason: { code: 'DNS_SERVFAIL' } })
    await everyEdgeAnswers(domain, 200)
    await fleet.dns.clearServfail(name)
    await check(domain)
    await says(domain, null)
    expect(await typesSinceActive(domain)).not.toContain('domain.action_required')
  })

  it('a person suspends and resumes it, and its proof does not bring it back before', async () => {
    const domain: Launched = await fleet.launch('disputed.suspended-customer.com')
    const answer = await fleet.call('POST', `/v1/domains/${domain.id}/suspend`)
    expect([answer.status, answer.body.state]).toEqual([202, 'suspended'])
    await everyEdgeAnswers(domain, 503)
    const held = await eventually('every edge has proved it', async () => {
      const now = await fleet.domain(domain.id)
      return now.step === 'await_return' && now.reason?.code === 'SUSPENDED_BY_OPERATOR' ? now : null
    })
    expect(held).toMatchObject({ suspension: 'operator', reason: { actor: 'operator' } })
    await check(domain)
    await says(domain, 'SUSPENDED_BY_OPERATOR')
    expect((await fleet.domain(domain.id)).state).toBe('suspended')
    await everyEdgeAnswers(domain, 503)

    expect((await fleet.call('POST', `/v1/domains/${domain.id}/resume`)).status).toBe(202)
    expect(await fleet.reaches(domain.id, 'active')).toMatchObject({ suspension: null })
    await everyEdgeAnswers(domain, 200)
  })

  it('during a rotation either token is good; once the new one was found, the old one alone is a miss', async () => {
    const domain: Launched = await fleet.launch('rotated.suspended-customer.com')
    const old = proofOf(domain).value
    const rotated = await fleet.call('POST', `/v1/domains/${domain.id}/rotate-token`)
    expect(rotated.status).toBe(202)
    const fresh = proofOf(rotated.body).value
    expect(fresh).not.toBe(old)

    await says(domain, 'OWNERSHIP_ROTATING')
    await show(domain, old, fresh)
    await check(domain)
    await eventually('the new one was found', async () =>
      (await fleet.events(domain.id)).some(({ type }) => type === 'ownership.rotated'),
    )
    await says(domain, null)

    await show(domain, old)
    await says(domain, 'OWNERSHIP_LOST')
    await fleet.reaches(domain.id, 'suspended')
    await everyEdgeAnswers(domain, 503)
  })

  it('an old token that nobody replaced is good until its grace ends, and no longer', async () => {
    const domain: Launched = await fleet.launch('neglected.suspended-customer.com')
    const rotated = await fleet.call('POST', `/v1/domains/${domain.id}/rotate-token`)
    const goodUntil = new Date(rotated.body.verification.previous.accepted_until)
    await says(domain, 'OWNERSHIP_ROTATING')
    const lost = await says(domain, 'OWNERSHIP_LOST')
    expect(new Date(lost.updated_at).getTime()).toBeGreaterThanOrEqual(goodUntil.getTime())
    expect(lost.state).toBe('active')
  })
})
