import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REFUSED_BY_EDGE } from '../faults/aftermath.ts'
import { type Edge, type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'

describe('leaving, every role a process of its own', () => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await startFleet({ env: { MOORING_EDGE_RECHECK_SECONDS: '1' } })
  })
  afterAll(() => fleet?.stop())

  const isServed = async (edge: Edge, hostname: string, serial: string) =>
    expect(await fleet.visitHttps(edge, hostname)).toMatchObject({ status: 200, serial })
  const isGone = (edge: Edge, hostname: string) =>
    expect(fleet.visitHttps(edge, hostname)).rejects.toThrow(REFUSED_BY_EDGE)
  const sitsOutGrace = (id: string) =>
    eventually('the grace runs', async () => {
      const domain = await fleet.domain(id)
      return domain.reason?.code === 'OFFBOARDING_GRACE' ? domain : null
    })

  it('a deleted name is gone on both edges, and comes back within its grace without a new certificate', async () => {
    const { id, hostname, certificate } = await fleet.launch('regretted.leaving-customer.com')
    const issued = await fleet.pebble.issuances()

    expect((await fleet.call('DELETE', `/v1/domains/${id}`)).status).toBe(202)
    const leaving = await sitsOutGrace(id)
    expect(leaving).toMatchObject({ state: 'deprovisioning', step: 'sit_out_grace', holds: true })
    const graceDays = (new Date(leaving.delete_after).getTime() - Date.now()) / 86_400_000
    expect(graceDays).toBeGreaterThan(6.9)
    expect(graceDays).toBeLessThanOrEqual(7)
    for (const edge of fleet.edges) await isGone(edge, hostname)

    expect((await fleet.call('POST', `/v1/domains/${id}/restore`)).status).toBe(202)
    const back = await fleet.reaches(id, 'active')
    expect(back).toMatchObject({ certificate: { serial: certificate.serial }, delete_after: null })
    for (const edge of fleet.edges) await isServed(edge, hostname, certificate.serial)
    expect(await fleet.pebble.issuances()).toBe(issued)
  })

  it('a withdrawal waits for an edge whose agent died, names it, and ends when the edge is removed', async () => {
    const { id, hostname, certificate } = await fleet.launch('half-gone.leaving-customer.com')
    const [dead, alive] = fleet.edges as [Edge, Edge]
    dead.agent.signal('SIGKILL')
    await dead.agent.exited

    await fleet.call('DELETE', `/v1/domains/${id}`)
    const waiting = await eventually(
      'the silent edge is named',
      async () => {
        const domain = await fleet.domain(id)
        return domain.reason?.code === 'EDGE_UNREACHABLE' ? domain : null
      },
      45_000,
    )
    expect(waiting).toMatchObject({ state: 'deprovisioning', step: 'confirm_withdrawal', delete_after: null })
    expect(waiting.reason).toMatchObject({ actor: 'operator', expected: ['edge-2', 'edge-1'], observed: ['edge-2'] })
    expect(waiting.reason.message).toContain(`edge-1 may still serve ${hostname}`)
    // What the withdrawal waits for: the dead agent's nginx serves the name on.
    await isServed(dead, hostname, certificate.serial)
    await isGone(alive, hostname)

    const { body } = await fleet.call('GET', '/v1/edges')
    const { id: edgeId } = body.data.find(({ name }: { name: string }) => name === dead.name)
    expect((await fleet.call('DELETE', `/v1/edges/${edgeId}`)).status).toBe(204)
    await sitsOutGrace(id)

    // Put into service again, it makes up for what it missed. Its token went with the edge that was removed.
    await rm(join(dead.dir, 'token'))
    fleet.edges[0] = fleet.startEdge(0)
    await eventually('it has let the name go', () =>
      fleet.visitHttps(dead, hostname).then(
        () => false,
        (error: Error) => REFUSED_BY_EDGE.test(error.message),
      ),
    )
  })

  it('with ?revoke=true the CA revokes the certificate, and no other', async () => {
    const kept = await fleet.launch('kept.leaving-customer.com')
    const revoked = await fleet.launch('revoked.leaving-customer.com')
    expect(await fleet.pebble.statusOf(revoked.certificate.serial)).toBe('Valid')

    await fleet.call('DELETE', `/v1/domains/${kept.id}?immediate=true`)
    await fleet.call('DELETE', `/v1/domains/${revoked.id}?immediate=true&revoke=true`)
    await fleet.reaches(kept.id, 'deprovisioned')
    await fleet.reaches(revoked.id, 'deprovisioned')
    expect(await fleet.pebble.statusOf(revoked.certificate.serial)).toBe('Revoked')
    expect(await fleet.pebble.statusOf(kept.certificate.serial)).toBe('Valid')
    for (const edge of fleet.edges) {
      await isGone(edge, kept.hostname)
      await isGone(edge, revoked.hostname)
    }
  })

  it('who let a name go is told while its record still leads here, and needs a fresh token to come back', async () => {
    const { id, hostname } = await fleet.launch('dangling.leaving-customer.com')
    await fleet.call('DELETE', `/v1/domains/${id}?immediate=true`)
    const gone = await eventually('the dangling record is told', async () => {
      const domain = await fleet.domain(id)
      return domain.reason?.code === 'DNS_DANGLING' ? domain : null
    })
    expect(gone).toMatchObject({ state: 'deprovisioned', step: 'watch_dangling', holds: false })
    expect(gone.reason).toMatchObject({ actor: 'customer', observed: fleet.edges.map(({ address }) => address) })

    const again = await fleet.post(hostname)
    await fleet.saysOnCheck(again.id, 'DNS_TXT_MISMATCH')
    for (const edge of fleet.edges) await isGone(edge, hostname)
    await fleet.addRecords(again)
    await fleet.call('POST', `/v1/domains/${again.id}/check`)
    await fleet.reaches(again.id, 'active')
  })
})
