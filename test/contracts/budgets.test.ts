import { DAY, type Hostname, LETS_ENCRYPT, asksOf, newCertificateId, newDomainId } from '@mooring/core'
import { type Database, createBudgets, createCertificateStore, createHousekeeping } from '@mooring/postgres'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { memoryBudgets } from '../builders/memory-budgets.ts'
import { overtake, storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'
import { type OrderUnderTest, budgetsContract } from './budgets.contract.ts'

const issued = {
  chainPem: '-----BEGIN CERTIFICATE-----',
  serial: '0A1B',
  notBefore: new Date('2026-11-01T00:00:00Z'),
  notAfter: new Date('2027-01-30T00:00:00Z'),
  renewAt: new Date('2027-01-01T00:00:00Z'),
}
const sealedKey = { version: 1, kek: '0011aabb', wrappedDataKey: 'dw==', nonce: 'bg==', ciphertext: 'Yw==' } as const

budgetsContract('in memory', async () => {
  let elapsed = 0
  const budgets = memoryBudgets({ now: () => new Date(Date.now() + elapsed) })
  return {
    budgets,
    others: [],
    order: async (hostname) => ({
      hostname: hostname as Hostname,
      lease: { domainId: newDomainId(), token: 1, gen: 1, worker: 'worker-a' },
      certificateId: newCertificateId(),
    }),
    issued: async ({ certificateId, hostname }) => budgets.issued('acme', certificateId, hostname),
    abandoned: async ({ certificateId }) => budgets.abandoned('acme', certificateId),
    async elapse(ms) {
      elapsed += ms
    },
  }
})

const { database, openAnother } = usePostgres()

/** A domain with a key, and nothing asked of the authority yet. Several may want the same name: they are claims. */
async function anOrder(on: Database, hostname: string): Promise<OrderUnderTest> {
  const { lease, domain } = await storeDomain(on, { hostname: hostname as Hostname, tenant: newDomainId() })
  const certificateId = newCertificateId()
  await createCertificateStore(on).begin(lease, { id: certificateId, issuer: 'acme', sealedKey, csrDer: Buffer.of(0) })
  return { hostname: domain.hostname, lease, certificateId }
}

budgetsContract('in Postgres', async () => {
  const certificates = createCertificateStore(database())
  return {
    budgets: createBudgets(database()),
    others: [openAnother(), openAnother(), openAnother()].map(createBudgets),
    order: (hostname) => anOrder(database(), hostname),
    issued: ({ lease, certificateId }) => certificates.saveIssued(lease, certificateId, issued),
    abandoned: ({ lease, certificateId }) => certificates.abandon(lease, certificateId),
    async elapse(ms) {
      // The clock is the database's own: what is stored moves the other way.
      await sql`
        update ca_budgets set
          tat = case when tat > 'epoch' then tat - ${ms} * interval '1 millisecond' else tat end,
          line = case when line > 'epoch' then line - ${ms} * interval '1 millisecond' else line end,
          blocked_until = case
            when blocked_until > 'epoch' then blocked_until - ${ms} * interval '1 millisecond' else blocked_until
          end`.execute(database().kysely)
    },
  }
})

describe('budgets in Postgres', () => {
  const asks = asksOf({ account: 'acme', hostname: 'shop.customer.com' as Hostname, kind: 'new' }, LETS_ENCRYPT)
  const rows = () => database().kysely.selectFrom('ca_budgets').selectAll().orderBy('bucket').execute()

  it('take nothing for a worker that was overtaken, and for a certificate that is not on order', async () => {
    const budgets = createBudgets(database())
    const order = await anOrder(database(), 'shop.customer.com')
    const later = await overtake(database(), order.lease)
    const [stale, good, unknown] = await Promise.allSettled([
      budgets.admit(order.lease, order.certificateId, { ca: 'acme', asks }),
      budgets.admit(later, order.certificateId, { ca: 'acme', asks }),
      budgets.admit(later, newCertificateId(), { ca: 'acme', asks }),
    ])
    expect(stale).toMatchObject({ reason: { code: 'STALE_LEASE' } })
    expect(good).toMatchObject({ value: { kind: 'admitted' } })
    expect(unknown).toMatchObject({ reason: { code: 'CONFLICT' } })
    expect(await rows()).toMatchObject([
      { bucket: 'certificates_of_domain', reserved: 1 },
      { bucket: 'exact_set', reserved: 1 },
      { bucket: 'new_orders', reserved: 0 },
    ])
  })

  it('write with the certificate what its order has reserved', async () => {
    const certificates = createCertificateStore(database())
    const { lease, certificateId } = await anOrder(database(), 'shop.customer.com')
    expect(await certificates.current(lease.domainId)).toMatchObject({ reserved: null })
    await createBudgets(database()).admit(lease, certificateId, { ca: 'acme', asks })
    expect(await certificates.current(lease.domainId)).toMatchObject({
      reserved: [
        { bucket: 'certificates_of_domain', key: 'customer.com', refillMs: (7 * DAY) / 50 },
        { bucket: 'exact_set', key: 'shop.customer.com', refillMs: (7 * DAY) / 5 },
      ],
    })
    await certificates.saveIssued(lease, certificateId, issued)
    expect(await certificates.current(lease.domainId)).toMatchObject({ reserved: null })
  })

  it('free what was reserved when the domain leaves in the middle of an order', async () => {
    const { lease, certificateId } = await anOrder(database(), 'shop.customer.com')
    await createBudgets(database()).admit(lease, certificateId, { ca: 'acme', asks })
    await createCertificateStore(database()).park(lease, lease.domainId)
    expect((await rows()).map(({ reserved }) => reserved)).toEqual([0, 0, 0])
  })

  it('lose no token while many are issued, given up and admitted at once', async () => {
    const processes = [database(), openAnother(), openAnother(), openAnother()]
    const wide = asks.map((ask) => ({ ...ask, capacity: 1000 }))
    const orders = await Promise.all(Array.from({ length: 48 }, () => anOrder(database(), 'shop.customer.com')))
    await Promise.all(
      orders.map(async ({ lease, certificateId }, index) => {
        const on = processes[index % processes.length] ?? database()
        const certificates = createCertificateStore(on)
        await createBudgets(on).admit(lease, certificateId, { ca: 'acme', asks: wide })
        if (index % 3 === 0) await certificates.abandon(lease, certificateId)
        if (index % 3 === 1) await certificates.saveIssued(lease, certificateId, issued)
      }),
    )
    const [ofDomain, ofSet] = await rows()
    const used = (row: typeof ofSet, refillMs: number) => ((row?.tat.getTime() ?? 0) - Date.now()) / refillMs
    expect([ofDomain?.reserved, ofSet?.reserved]).toEqual([16, 16])
    expect(used(ofDomain, (7 * DAY) / 50)).toBeCloseTo(16, 1)
    expect(used(ofSet, (7 * DAY) / 5)).toBeCloseTo(16, 1)
  })

  it('are forgotten when they are full and nobody is kept away', async () => {
    await createBudgets(database()).spend('acme', asks)
    const sweep = () => createHousekeeping(database()).sweep()
    expect(await sweep()).toMatchObject({ fullBudgets: 0 })
    await sql`update ca_budgets set tat = now() - interval '1 second'`.execute(database().kysely)
    await sql`update ca_budgets set reserved = 1 where bucket = 'exact_set'`.execute(database().kysely)
    expect(await sweep()).toMatchObject({ fullBudgets: 2 })
    expect(await rows()).toMatchObject([{ bucket: 'exact_set' }])
  })
})
