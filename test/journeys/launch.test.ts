import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REFUSED_BY_EDGE } from '../faults/aftermath.ts'
import { eventually } from '../services/processes.ts'
import { type Fleet, startFleet } from '../services/fleet.ts'

describe('the main journey, every role a process of its own', () => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await startFleet()
  })
  afterAll(() => fleet?.stop())

  it('a hostname goes from post to HTTPS on both edges, and from delete to nothing on either', async () => {
    const hostname = 'shop.first-customer.com'
    const posted = await fleet.post(hostname)
    expect(posted.dns.records.map((record: { purpose: string }) => record.purpose)).toEqual(['ownership', 'routing'])

    const waiting = await eventually('the missing record is named', async () => {
      const domain = await fleet.domain(posted.id)
      return domain.reason?.code === 'DNS_TXT_MISSING' ? domain : null
    })
    expect(waiting).toMatchObject({ state: 'verifying', reason: { actor: 'customer' } })
    expect(new Date(waiting.next_check_at).getTime()).toBeGreaterThan(Date.now())

    await fleet.addRecords(posted)
    await fleet.call('POST', `/v1/domains/${posted.id}/check`)
    const active = await fleet.reaches(posted.id, 'active')
    expect(active.certificate).toMatchObject({ status: 'issued', issuer: 'acme' })
    expect(active.edges).toMatchObject({ live: 2, proved: 2, pending: [] })
    expect(new Date(active.certificate.renew_at).getTime()).toBeLessThan(
      new Date(active.certificate.not_after).getTime(),
    )

    for (const edge of fleet.edges) {
      const secure = await fleet.visitHttps(edge, hostname, '/menu?day=1')
      expect(secure).toMatchObject({ status: 200, serial: active.certificate.serial })
      expect(JSON.parse(secure.body)).toMatchObject({
        site: 'hello',
        url: '/menu?day=1',
        headers: { host: `${hostname}:${fleet.httpsPort}` },
      })

      const plain = await fleet.visitHttp(edge, hostname, '/menu?day=1')
      expect([301, 308]).toContain(plain.status)
      expect(plain.headers['location']).toBe(`https://${hostname}:${fleet.httpsPort}/menu?day=1`)
    }

    const deleted = await fleet.call('DELETE', `/v1/domains/${posted.id}?immediate=true`)
    expect(deleted.status).toBe(202)
    await fleet.reaches(posted.id, 'deprovisioned')
    for (const edge of fleet.edges) {
      await expect(fleet.visitHttps(edge, hostname)).rejects.toThrow(REFUSED_BY_EDGE)
      expect((await fleet.visitHttp(edge, hostname)).status).toBe(421)
    }
  })

  it('the timeline tells every step, its worker and its outcome', async () => {
    const domain = await fleet.launch('timeline.first-customer.com')
    const { body } = await fleet.call('GET', `/v1/domains/${domain.id}/attempts?limit=100`)
    const steps = new Set(body.data.map((attempt: { step: string }) => attempt.step))
    for (const step of [
      'accept',
      'verify_ownership',
      'verify_routing',
      'settle',
      'order_certificate',
      'confirm_route',
    ]) {
      expect(steps, step).toContain(step)
    }
    expect(body.data.every((attempt: { outcome: string }) => attempt.outcome !== 'running')).toBe(true)
    const events = await fleet.call('GET', `/v1/domains/${domain.id}/events?limit=100`)
    expect(events.body.data.map((event: { type: string }) => event.type)).toContain('domain.active')
  })

  it('a name whose certificate is late is served over plain HTTP until it is there', async () => {
    const posted = await fleet.post('late.first-customer.com')
    await fleet.addRecords(posted)
    process.kill(fleet.pebble.pid, 'SIGSTOP')
    await fleet.call('POST', `/v1/domains/${posted.id}/check`)
    const late = await eventually(
      'the silent CA is told',
      async () => {
        const domain = await fleet.domain(posted.id)
        return domain.reason?.code === 'CA_UNAVAILABLE' ? domain : null
      },
      // A worker that never asked this CA before waits for it twice: for its directory, and with the order.
      45_000,
    )
    expect(late).toMatchObject({ state: 'provisioning_cert', reason: { actor: 'ca' } })
    for (const edge of fleet.edges) {
      await eventually('HTTP is served', async () => (await fleet.visitHttp(edge, posted.hostname)).status === 200)
    }
    process.kill(fleet.pebble.pid, 'SIGCONT')
    await fleet.reaches(posted.id, 'active')
    for (const edge of fleet.edges) {
      expect((await fleet.visitHttps(edge, posted.hostname)).status).toBe(200)
      expect((await fleet.visitHttp(edge, posted.hostname)).status).toBe(308)
    }
  })

  it('a changed target is served by every edge while the domain stays active', async () => {
    const domain = await fleet.launch('moves.first-customer.com')
    const changed = await fleet.call('PATCH', `/v1/domains/${domain.id}`, {
      target: { type: 'redirect', url: 'https://www.example.com/new', status: 302 },
    })
    expect([200, 202]).toContain(changed.status)
    expect(changed.body.state).toBe('active')
    await eventually('both edges redirect', async () => {
      const visits = await Promise.all(fleet.edges.map((edge) => fleet.visitHttps(edge, domain.hostname)))
      return visits.every(
        ({ status, headers }) => status === 302 && headers['location'] === 'https://www.example.com/new',
      )
    })
    await eventually('the change is confirmed', async () => (await fleet.domain(domain.id)).edges.proved === 2)
  })
})
