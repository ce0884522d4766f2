import { expect } from 'vitest'
import type { Fleet } from '../services/fleet.ts'
import type { StepGate } from './step-gate.ts'

/** The edge's own word: a wrong certificate or an edge that is down would make a visit fail as well. */
export const REFUSED_BY_EDGE = /alert (unrecognized name|handshake failure)|tlsv1 unrecognized name/i

/** What must hold after every fault, whatever it was. */
export async function expectNothingLost(fleet: Fleet, gate: Pick<StepGate, 'query'>): Promise<void> {
  const stranded = await gate.query(
    `select hostname, state, step from domains
     where state not in ('deprovisioned', 'failed') and suspension is distinct from 'operator' and next_run_at is null`,
  )
  expect(stranded, 'every accepted request is terminal or scheduled, every active name is proved again').toEqual([])

  const disputed = await gate.query(
    `select hostname, h.holder, d.id from hostnames h full join domains d using (hostname)
     where d.holds and h.holder is distinct from d.id or h.holder = d.id and not d.holds`,
  )
  expect(disputed, 'who holds a name knows it, and nobody else thinks so').toEqual([])

  const doubled = await gate.query(
    `select domain_id from certificates where status = 'issued' group by domain_id having count(*) > 1`,
  )
  expect(doubled, 'one certificate for one need').toEqual([])

  const [promised] = await gate.query<{ buckets: number; orders: number }>(
    `select (select coalesce(sum(reserved), 0)::int from ca_budgets) as buckets,
            (select coalesce(sum(jsonb_array_length(reserved)), 0)::int from certificates) as orders`,
  )
  expect(promised?.buckets, 'every token that is promised is promised to an order').toBe(promised?.orders)

  const [stored] = await gate.query<{ count: number }>(
    'select count(*)::int as count from certificates where chain_pem is not null',
  )
  expect(await fleet.pebble.issuances(), 'the CA signed one certificate for each need, and none is lost').toBe(
    stored?.count,
  )

  const active = await gate.query<{ hostname: string; serial: string; variant: string }>(
    `select d.hostname, c.serial, r.variant from domains d
     join certificates c on c.id = d.certificate_id join routes r on r.domain_id = d.id where d.state = 'active'`,
  )
  for (const { hostname, serial, variant } of active) {
    expect(variant).toBe('https')
    for (const edge of fleet.edges) expect((await fleet.visitHttps(edge, hostname)).serial, hostname).toBe(serial)
  }

  const gone = await gate.query<{ hostname: string }>(
    `select hostname from domains d where state = 'deprovisioned'
     and not exists (select from domains o where o.hostname = d.hostname and o.state <> 'deprovisioned')`,
  )
  for (const { hostname } of gone) {
    for (const edge of fleet.edges) {
      await expect(fleet.visitHttps(edge, hostname), hostname).rejects.toThrow(REFUSED_BY_EDGE)
    }
  }
}
