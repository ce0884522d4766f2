import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'
import { expectNothingLost, REFUSED_BY_EDGE } from './aftermath.ts'
import { type StepGate, installStepGate } from './step-gate.ts'

describe('a vhost that nginx refuses', () => {
  let fleet: Fleet
  let gate: StepGate
  beforeAll(async () => {
    fleet = await startFleet({ workers: 2, edges: 2 })
    gate = await installStepGate(fleet.database.url)
  })
  afterAll(async () => {
    await gate?.end()
    await fleet?.stop()
  })

  it('is quarantined and named, while ten good ones beside it are served', async () => {
    const donor = await fleet.launch('donor.refused-customer.com')
    // The stored chain of one name is swapped for another's: its key does not fit, and nginx refuses the pair.
    await gate.query(`
      create function spoil_chain() returns trigger language plpgsql security definer as $$
      begin
        if exists (select from domains where id = new.domain_id and hostname = 'bad.refused-customer.com') then
          new.chain_pem := (select chain_pem from certificates where domain_id = '${donor.id}');
        end if;
        return new;
      end $$`)
    await gate.query(
      'create trigger spoil_chain before update on certificates for each row execute function spoil_chain()',
    )

    const names = ['bad', ...Array.from({ length: 10 }, (_, index) => `good-${index}`)]
    const domains = await Promise.all(names.map((name) => fleet.post(`${name}.refused-customer.com`)))
    for (const domain of domains) await fleet.addRecords(domain)
    await Promise.all(domains.map(({ id }) => fleet.call('POST', `/v1/domains/${id}/check`)))

    for (const domain of domains.slice(1)) await fleet.reaches(domain.id, 'active')
    const bad = await eventually('the refusal is told', async () => {
      const domain = await fleet.domain(domains[0].id)
      return domain.reason?.code === 'EDGE_REJECTED_CONFIG' ? domain : null
    })
    expect(bad).toMatchObject({ state: 'provisioning_cert', reason: { actor: 'operator' } })
    for (const edge of fleet.edges) {
      await expect(fleet.visitHttps(edge, bad.hostname)).rejects.toThrow(REFUSED_BY_EDGE)
    }
    await expectNothingLost(fleet, gate)
  })
})
