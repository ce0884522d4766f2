import {
  DAY,
  type CertificateStore,
  type Domain,
  type Hostname,
  type IssuedCertificate,
  type SealedKey,
  newCertificateId,
  rememberCertificate,
} from '@mooring/core'
import { createCertificateStore, createEdgeRegistry, createHousekeeping, createRegistry } from '@mooring/postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { overtake, storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let store: CertificateStore
beforeEach(() => {
  store = createCertificateStore(database())
})

const sealedKey: SealedKey = { version: 1, kek: '0011aabb', wrappedDataKey: 'dw==', nonce: 'bg==', ciphertext: 'Yw==' }
const aNeed = (id = newCertificateId()) => ({ id, issuer: 'acme', sealedKey, csrDer: Buffer.from([0x30, 0x00, 0xff]) })
const anOrder = (...tokens: string[]) => ({
  orderUrl: 'https://ca.example/order/1',
  challenges: tokens.map((token) => ({ type: 'http-01' as const, token, keyAuthorization: `${token}.thumbprint` })),
  replaces: false,
})
const aDnsOrder = (...values: string[]) => ({
  ...anOrder(),
  challenges: values.map((value) => ({ type: 'dns-01' as const, name: '_acme-challenge.example.com', value })),
})
const issued: IssuedCertificate = {
  chainPem: '-----BEGIN CERTIFICATE-----',
  serial: '0A1B',
  notBefore: new Date('2026-11-01T00:00:00Z'),
  notAfter: new Date('2027-01-30T00:00:00Z'),
  renewAt: new Date('2027-01-01T00:00:00Z'),
}

const challenges = () =>
  database()
    .kysely.selectFrom('challenges')
    .select(['token', 'hostname', 'key_authorization'])
    .orderBy('token')
    .execute()
const certificateIdOf = async (domainId: string) =>
  (await database().kysely.selectFrom('domains').select('certificate_id').where('id', '=', domainId).executeTakeFirst())
    ?.certificate_id

const clockOf = async (domainId: string) =>
  (await database().kysely.selectFrom('domains').select('renew_at').where('id', '=', domainId).executeTakeFirst())
    ?.renew_at
const statusOf = async (id: string) =>
  (await database().kysely.selectFrom('certificates').select('status').where('id', '=', id).executeTakeFirst())
    ?.status ?? null
const supersededFor = (ms: number) =>
  database()
    .kysely.updateTable('certificates')
    .set({ parked_at: new Date(Date.now() - ms) })
    .where('status', '=', 'superseded')
    .execute()
const routeWith = ({ id, hostname, edgePool, target }: Domain, certificateId: string) =>
  database()
    .kysely.insertInto('routes')
    .values({
      domain_id: id,
      hostname,
      edge_pool: edgePool,
      generation: 1,
      variant: 'https',
      target: JSON.stringify(target),
      certificate_id: certificateId,
    })
    .onConflict((conflict) => conflict.column('domain_id').doUpdateSet({ certificate_id: certificateId }))
    .execute()

describe('certificate store', () => {
  it('has no certificate for a domain that never needed one', async () => {
    const { domain } = await storeDomain(database())
    expect(await store.current(domain.id)).toBeNull()
  })

  it('keeps key and CSR before the CA hears of the name', async () => {
    const { domain, lease } = await storeDomain(database())
    const need = aNeed()
    const begun = await store.begin(lease, need)
    expect(begun).toEqual({
      ...need,
      domainId: domain.id,
      status: 'ordering',
      orderUrl: null,
      reserved: null,
      issued: null,
      renewal: { window: null, askAgainAt: null },
    })
    expect(await store.current(domain.id)).toEqual(begun)
  })

  it('answers a second need with the order that is open', async () => {
    const { lease } = await storeDomain(database())
    const first = await store.begin(lease, aNeed())
    const later = await overtake(database(), lease)
    expect((await store.begin(later, aNeed())).id).toBe(first.id)
  })

  it('opens one order when the same worker asks twice at once', async () => {
    const { lease } = await storeDomain(database())
    const begun = await Promise.all(Array.from({ length: 8 }, () => store.begin(lease, aNeed())))
    expect(new Set(begun.map(({ id }) => id)).size).toBe(1)
  })

  it('serves the challenges of the latest answer of the CA only', async () => {
    const { domain, lease } = await storeDomain(database())
    const { id } = await store.begin(lease, aNeed())
    await store.saveOrder(lease, id, anOrder('a', 'b'))
    await store.saveOrder(lease, id, anOrder('b', 'c'))
    const { hostname } = domain
    expect(await challenges()).toEqual([
      { token: 'b', hostname, key_authorization: 'b.thumbprint' },
      { token: 'c', hostname, key_authorization: 'c.thumbprint' },
    ])
    expect(await store.current(domain.id)).toMatchObject({ orderUrl: 'https://ca.example/order/1' })
  })

  it('tells those who show them what to show, over HTTP and in DNS', async () => {
    const { domain, lease } = await storeDomain(database())
    const { id } = await store.begin(lease, aNeed())
    expect(await store.challenges(id)).toEqual([])
    await store.saveOrder(lease, id, anOrder('a', 'b'))
    expect(await store.challenges(id)).toEqual(anOrder('a', 'b').challenges)
    await store.saveOrder(lease, id, aDnsOrder('one', 'two'))
    expect(await store.challenges(id)).toEqual(aDnsOrder('one', 'two').challenges)

    const registry = createRegistry(database(), { tokenLifetimeMs: DAY, rotationGraceMs: DAY })
    expect(await registry.challengeAnswer(`dns:${id}:0`, domain.hostname)).toBeNull()
    await store.saveOrder(lease, id, anOrder('c'))
    expect(await registry.challengeAnswer('c', domain.hostname)).toBe('c.thumbprint')
    await store.saveIssued(lease, id, issued)
    expect(await store.challenges(id)).toEqual([])
  })

  it('leaves the challenges of other domains alone', async () => {
    const [one, other] = [await storeDomain(database()), await storeDomain(database())]
    for (const [{ lease }, token] of [
      [one, 'a'],
      [other, 'b'],
    ] as const) {
      await store.saveOrder(lease, (await store.begin(lease, aNeed())).id, anOrder(token))
    }
    await store.abandon(other.lease, (await store.current(other.domain.id))?.id ?? '')
    expect(await challenges()).toMatchObject([{ token: 'a' }])
  })

  it('makes an issued certificate the one of the domain, and forgets the challenges', async () => {
    const { domain, lease } = await storeDomain(database())
    const { id } = await store.begin(lease, aNeed())
    await store.saveOrder(lease, id, anOrder('a'))
    expect(await certificateIdOf(domain.id)).toBeNull()
    await store.saveIssued(lease, id, issued)
    expect(await store.current(domain.id)).toMatchObject({ id, status: 'issued', issued })
    expect(await certificateIdOf(domain.id)).toBe(id)
    expect(await challenges()).toEqual([])
  })

  it('takes the same chain twice, and no other for a certificate that is issued', async () => {
    const { lease } = await storeDomain(database())
    const { id } = await store.begin(lease, aNeed())
    await store.saveIssued(lease, id, issued)
    await store.saveIssued(lease, id, issued)
    await expect(store.saveIssued(lease, id, { ...issued, serial: '0C' })).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it('keeps the certificate in use while the next one is ordered', async () => {
    const { domain, lease } = await storeDomain(database())
    const { id: old } = await store.begin(lease, aNeed())
    await store.saveIssued(lease, old, issued)
    const { id: next } = await store.begin(lease, aNeed())
    expect(next).not.toBe(old)
    expect(await store.current(domain.id)).toMatchObject({ id: next, status: 'ordering' })
    expect(await certificateIdOf(domain.id)).toBe(old)
    await store.abandon(lease, next)
    expect(await store.current(domain.id)).toMatchObject({ id: old, status: 'issued' })
  })

  it('puts the next certificate in place of the one in use, which is kept until no route names it', async () => {
    const { domain, lease } = await storeDomain(database())
    const { id: old } = await store.begin(lease, aNeed())
    await store.saveIssued(lease, old, issued)
    const { id: next } = await store.begin(lease, aNeed())
    expect(await store.inUse(domain.id)).toMatchObject({ id: old, status: 'issued' })
    await routeWith(domain, old)
    const later = { ...issued, serial: '0C', renewAt: new Date('2027-03-01T00:00:00Z') }
    await store.saveIssued(lease, next, later)
    await store.saveIssued(lease, next, later)

    expect(await store.inUse(domain.id)).toMatchObject({ id: next, status: 'issued', issued: later })
    expect(await clockOf(domain.id)).toEqual(later.renewAt)
    expect(await statusOf(old)).toBe('superseded')
    const sweep = async () => (await createHousekeeping(database()).sweep()).parkedCertificates
    await supersededFor(2 * DAY)
    expect(await sweep(), 'a route names it').toBe(0)
    await routeWith(domain, next)
    await supersededFor(DAY - 60_000)
    expect(await sweep(), 'not for a day yet').toBe(0)
    await supersededFor(DAY + 60_000)
    expect(await sweep()).toBe(1)
    expect(await statusOf(old)).toBeNull()
  })

  it('keeps what the authority says about the renewal, and plans by it', async () => {
    const { domain, lease } = await storeDomain(database())
    const { id } = await store.begin(lease, aNeed())
    const window = { start: new Date('2026-12-20T00:00:00Z'), end: new Date('2026-12-22T00:00:00Z') }
    const advice = { window, renewAt: new Date('2026-12-21T00:00:00Z'), askAgainAt: new Date('2026-11-22T00:00:00Z') }
    await expect(store.saveRenewalInfo(lease, id, advice)).rejects.toMatchObject({ code: 'CONFLICT' })
    await store.saveIssued(lease, id, issued)
    await store.saveRenewalInfo(lease, id, advice)
    expect(await store.inUse(domain.id)).toMatchObject({
      issued: { ...issued, renewAt: advice.renewAt },
      renewal: { window, askAgainAt: advice.askAgainAt },
    })
    expect(await clockOf(domain.id)).toEqual(advice.askAgainAt)
    await store.saveRenewalInfo(lease, id, { window: null, renewAt: issued.renewAt, askAgainAt: null })
    expect(await store.inUse(domain.id)).toMatchObject({ issued, renewal: { window: null, askAgainAt: null } })
    expect(await clockOf(domain.id)).toEqual(issued.renewAt)
  })

  describe('of a wildcard that the platform shares', () => {
    const good = { ...issued, notAfter: new Date(Date.now() + 60 * DAY) }

    async function aWildcard(overrides: Partial<Domain> = {}) {
      const { domain, lease } = await storeDomain(database(), {
        hostname: '*.platform.example' as Hostname,
        state: 'active',
        step: 'reverify',
        tls: { mode: 'auto', shared: true },
        ...overrides,
      })
      const { id } = await store.begin(lease, aNeed())
      await store.saveIssued(lease, id, good)
      return { domain, lease, id }
    }
    const aName = (hostname = 'shop.platform.example') => storeDomain(database(), { hostname: hostname as Hostname })

    it('finds the one for the names right below it', async () => {
      const { id } = await aWildcard()
      expect(await store.sharedFor('shop.platform.example' as Hostname)).toMatchObject({ id, issued: good })
      for (const other of ['a.shop.platform.example', 'platform.example', 'shop.other.example', '*.platform.example']) {
        expect(await store.sharedFor(other as Hostname), other).toBeNull()
      }
    })

    it.each<[string, Partial<Domain>]>([
      ['is not to be shared', { tls: { mode: 'auto' } }],
      ['is not active', { state: 'provisioning_cert', step: 'order_certificate' }],
    ])('finds none that %s', async (_, overrides) => {
      await aWildcard(overrides)
      expect(await store.sharedFor('shop.platform.example' as Hostname)).toBeNull()
    })

    it('finds none that has expired', async () => {
      const { lease } = await aWildcard()
      const { id } = await store.begin(lease, aNeed())
      await store.saveIssued(lease, id, { ...good, serial: '0D', notAfter: new Date(Date.now() - 1000) })
      expect(await store.sharedFor('shop.platform.example' as Hostname)).toBeNull()
    })

    it('is in use by those who share it, and goes with none of them', async () => {
      const { id, domain: wildcard } = await aWildcard()
      const { domain, lease } = await aName()
      await store.share(lease, id)
      await store.share(lease, id)
      expect(await store.inUse(domain.id)).toMatchObject({ id, domainId: wildcard.id, status: 'issued' })
      expect(await store.current(domain.id)).toMatchObject({ id })
      expect(await clockOf(domain.id)).toBeNull()
      await expect(store.markRevoked(lease, id)).rejects.toMatchObject({ code: 'CONFLICT' })
      await store.park(lease, domain.id)
      expect(await store.inUse(domain.id)).toBeNull()
      expect(await store.inUse(wildcard.id)).toMatchObject({ id, status: 'issued' })
    })

    it('stays for those who share it while they have not moved on to the next', async () => {
      const { id, lease: owner } = await aWildcard()
      const { domain, lease } = await aName()
      await store.share(lease, id)
      const { id: next } = await store.begin(owner, aNeed())
      await store.saveIssued(owner, next, { ...good, serial: '0E' })
      await supersededFor(2 * DAY)
      expect(await createHousekeeping(database()).sweep()).toMatchObject({ parkedCertificates: 0 })
      expect(await store.inUse(domain.id)).toMatchObject({ id, status: 'superseded' })

      await expect(store.share(lease, id)).rejects.toMatchObject({ code: 'CONFLICT' })
      await store.share(lease, next)
      expect(await store.inUse(domain.id)).toMatchObject({ id: next })
      expect(await createHousekeeping(database()).sweep()).toMatchObject({ parkedCertificates: 1 })
    })

    it('gives way to a certificate of the name’s own, and takes its place', async () => {
      const { id } = await aWildcard()
      const { domain, lease } = await aName()
      await store.share(lease, id)
      const { id: own } = await store.begin(lease, aNeed())
      await store.saveIssued(lease, own, good)
      expect(await store.inUse(domain.id)).toMatchObject({ id: own })
      expect(await statusOf(id)).toBe('issued')
      await store.share(lease, id)
      expect(await statusOf(own)).toBe('superseded')
    })

    it('is for no name that it does not cover', async () => {
      const { id } = await aWildcard()
      for (const hostname of ['a.shop.platform.example', 'shop.other.example']) {
        await expect(store.share((await aName(hostname)).lease, id)).rejects.toMatchObject({ code: 'CONFLICT' })
      }
    })

    it('goes out to edges with the name of its owner, for whom its key is sealed', async () => {
      const { id, domain: wildcard } = await aWildcard()
      const { domain, lease } = await aName()
      await store.share(lease, id)
      await routeWith(domain, id)
      const edges = createEdgeRegistry(database())
      const { edge } = await edges.enrol({ name: 'edge-1', pool: 'default' })
      const { routes } = await edges.routesSince(edge, 0, 10)
      expect(routes).toMatchObject([{ domainId: domain.id, certificate: { id, ownerId: wildcard.id } }])
    })
  })

  it('abandons an order with its challenges, but never a certificate', async () => {
    const { domain, lease } = await storeDomain(database())
    const { id } = await store.begin(lease, aNeed())
    await store.saveOrder(lease, id, anOrder('a'))
    await store.abandon(lease, id)
    expect(await store.current(domain.id)).toBeNull()
    expect(await challenges()).toEqual([])

    const { id: good } = await store.begin(lease, aNeed())
    await store.saveIssued(lease, good, issued)
    await store.abandon(lease, good)
    expect(await store.current(domain.id)).toMatchObject({ id: good })
  })

  it('parks what a domain had when it leaves, and forgets what was on order', async () => {
    const { domain, lease } = await storeDomain(database())
    const { id } = await store.begin(lease, aNeed())
    await store.saveIssued(lease, id, issued)
    await store.saveOrder(lease, (await store.begin(lease, aNeed())).id, anOrder('a'))
    await store.park(lease, domain.id)
    expect(await store.current(domain.id)).toBeNull()
    expect(await challenges()).toEqual([])
    const rows = await database().kysely.selectFrom('certificates').select(['id', 'status', 'parked_at']).execute()
    expect(rows).toEqual([{ id, status: 'parked', parked_at: expect.any(Date) }])
  })

  describe('for a name that comes back', () => {
    const hostname = 'shop.example.com' as Hostname
    const resealed: SealedKey = { ...sealedKey, ciphertext: 'bmV3' }

    /** A domain that left with a certificate. */
    async function aParked(overrides: Partial<Domain> = {}) {
      const { domain, lease } = await storeDomain(database(), {
        hostname,
        state: 'deprovisioned',
        ...overrides,
      })
      const { id } = await store.begin(lease, aNeed())
      await store.saveIssued(lease, id, issued)
      await store.park(lease, domain.id)
      return { id, domain }
    }

    it('finds the newest certificate that the tenant left behind', async () => {
      const older = await aParked()
      await database()
        .kysely.updateTable('certificates')
        .set({ parked_at: new Date(0) })
        .execute()
      const newer = await aParked()
      await aParked({ tenant: 'other' })
      await aParked({ hostname: 'other.example.com' as Hostname })
      const found = await store.parked(hostname, 'default')
      expect(found).toMatchObject({ id: newer.id, domainId: newer.domain.id, status: 'parked', sealedKey, issued })
      expect(found?.id).not.toBe(older.id)
      expect(await store.parked(hostname, 'nobody')).toBeNull()
    })

    it('takes it over whole, its key sealed anew', async () => {
      const { id } = await aParked()
      const { domain, lease } = await storeDomain(database(), { hostname })
      expect(await store.adopt(lease, id, resealed)).toBe(true)
      expect(await store.current(domain.id)).toMatchObject({ id, status: 'issued', sealedKey: resealed, issued })
      expect(await certificateIdOf(domain.id)).toBe(id)
      expect(await store.parked(hostname, 'default')).toBeNull()
      expect(await store.adopt(lease, id, resealed), 'the answer was lost on its way').toBe(true)
    })

    it('comes back to the domain itself when it was restored', async () => {
      const { domain, lease } = await storeDomain(database(), { hostname })
      const { id } = await store.begin(lease, aNeed())
      await store.saveIssued(lease, id, issued)
      await store.park(lease, domain.id)
      expect(await store.adopt(lease, id, resealed)).toBe(true)
      expect(await certificateIdOf(domain.id)).toBe(id)
    })

    it('gives it to one of two that ask at once', async () => {
      const { id } = await aParked()
      const both = [
        await storeDomain(database(), { hostname }),
        await storeDomain(database(), { hostname, state: 'deprovisioned' }),
      ]
      const adopted = await Promise.all(both.map(({ lease }) => store.adopt(lease, id, resealed)))
      expect(adopted.filter((taken) => taken)).toHaveLength(1)
    })

    it('takes over nothing that is gone, revoked, in use, or was left by somebody else', async () => {
      const { lease } = await storeDomain(database(), { hostname })
      expect(await store.adopt(lease, newCertificateId(), resealed)).toBe(false)
      for (const overrides of [{ tenant: 'other' }, { hostname: 'other.example.com' as Hostname }]) {
        expect(await store.adopt(lease, (await aParked(overrides)).id, resealed)).toBe(false)
      }
      const revoked = await aParked()
      await database()
        .kysely.updateTable('certificates')
        .set({ status: 'revoked' })
        .where('id', '=', revoked.id)
        .execute()
      expect(await store.adopt(lease, revoked.id, resealed)).toBe(false)
    })
  })

  it('marks a certificate as revoked: it is neither served, parked nor adopted any more, and goes with its key', async () => {
    const { domain, lease } = await storeDomain(database())
    const { id } = await store.begin(lease, aNeed())
    await store.saveIssued(lease, id, issued)
    await store.markRevoked(lease, id)
    await store.markRevoked(lease, id)
    expect(await store.current(domain.id)).toBeNull()
    expect(await certificateIdOf(domain.id)).toBeNull()
    await store.park(lease, domain.id)
    expect(await store.parked(domain.hostname, domain.tenant)).toBeNull()
    await database()
      .kysely.updateTable('certificates')
      .set({ parked_at: new Date(Date.now() - 31 * DAY) })
      .execute()
    expect(await createHousekeeping(database()).sweep()).toMatchObject({ parkedCertificates: 1 })
  })

  it('revokes no certificate of another domain, and none that was never issued', async () => {
    const [mine, other] = [await storeDomain(database()), await storeDomain(database())]
    const { id } = await store.begin(other.lease, aNeed())
    for (const { lease } of [mine, other]) {
      await expect(store.markRevoked(lease, id)).rejects.toMatchObject({ code: 'CONFLICT' })
    }
  })

  it('deletes a parked certificate and its key when retention ends', async () => {
    const { domain, lease } = await storeDomain(database())
    const { id } = await store.begin(lease, aNeed())
    await store.saveIssued(lease, id, issued)
    await store.park(lease, domain.id)
    const housekeeping = createHousekeeping(database())
    const parkedAt = (daysAgo: number) =>
      database()
        .kysely.updateTable('certificates')
        .set({ parked_at: new Date(Date.now() - daysAgo * DAY) })
        .execute()

    await parkedAt(29)
    expect(await housekeeping.sweep()).toMatchObject({ parkedCertificates: 0 })
    await parkedAt(31)
    expect(await housekeeping.sweep()).toMatchObject({ parkedCertificates: 1 })
    expect(await database().kysely.selectFrom('certificates').select('id').execute()).toEqual([])
  })

  describe('under a lease that another worker took over', () => {
    const stale = { code: 'STALE_LEASE' }

    it('writes nothing', async () => {
      const { domain, lease } = await storeDomain(database())
      const { id } = await store.begin(lease, aNeed())
      await store.saveOrder(lease, id, anOrder('a'))
      const before = [await store.current(domain.id), await challenges()]
      await overtake(database(), lease)

      await expect(store.begin(lease, aNeed())).rejects.toMatchObject(stale)
      await expect(store.saveOrder(lease, id, anOrder('b'))).rejects.toMatchObject(stale)
      await expect(store.saveIssued(lease, id, issued)).rejects.toMatchObject(stale)
      await expect(store.abandon(lease, id)).rejects.toMatchObject(stale)
      await expect(store.park(lease, domain.id)).rejects.toMatchObject(stale)
      await expect(store.adopt(lease, id, sealedKey)).rejects.toMatchObject(stale)
      await expect(store.markRevoked(lease, id)).rejects.toMatchObject(stale)
      await expect(store.share(lease, id)).rejects.toMatchObject(stale)
      const advice = { window: null, renewAt: issued.renewAt, askAgainAt: null }
      await expect(store.saveRenewalInfo(lease, id, advice)).rejects.toMatchObject(stale)
      expect([await store.current(domain.id), await challenges()]).toEqual(before)
    })

    it('refuses a write that waited for the very claim that overtook it', async () => {
      const { domain, lease } = await storeDomain(database())
      const claim = await database().kysely.startTransaction().execute()
      await claim.updateTable('domains').set({ lease_token: 2 }).where('id', '=', domain.id).execute()
      const late = store.begin(lease, aNeed())
      await Promise.all([expect(late).rejects.toMatchObject(stale), claim.commit().execute()])
      expect(await store.current(domain.id)).toBeNull()
    })

    it('does not write to another domain’s certificate', async () => {
      const [mine, other] = [await storeDomain(database()), await storeDomain(database())]
      const { id } = await store.begin(other.lease, aNeed())
      await expect(store.saveIssued(mine.lease, id, issued)).rejects.toMatchObject({ code: 'CONFLICT' })
      await store.abandon(mine.lease, id)
      expect(await store.current(other.domain.id)).toMatchObject({ id, status: 'ordering' })
    })
  })
})

describe('the certificate as the steps under one lease remember it', () => {
  it('is at every moment what the store has', async () => {
    const { domain, lease } = await storeDomain(database())
    const remembered = rememberCertificate(store)
    const expectSame = async () => expect(await remembered.current(domain.id)).toEqual(await store.current(domain.id))
    await expectSame()
    const { id } = await remembered.begin(lease, aNeed())
    await expectSame()
    await remembered.saveOrder(lease, id, anOrder('a'))
    await expectSame()
    await remembered.abandon(lease, id)
    await expectSame()
    const again = await remembered.begin(lease, aNeed())
    await remembered.saveOrder(lease, again.id, anOrder('b'))
    await remembered.saveIssued(lease, again.id, issued)
    await expectSame()
    await remembered.saveRenewalInfo(lease, again.id, { window: null, renewAt: new Date(0), askAgainAt: null })
    await expectSame()
    const renewed = await remembered.begin(lease, aNeed())
    await expectSame()
    await remembered.saveIssued(lease, renewed.id, { ...issued, serial: '0F' })
    await expectSame()
    expect(await remembered.inUse(domain.id)).toEqual(await store.inUse(domain.id))
    await remembered.park(lease, domain.id)
    await expectSame()
  })

  it('is forgotten when a write is refused', async () => {
    const { domain, lease } = await storeDomain(database())
    const remembered = rememberCertificate(store)
    const { id } = await remembered.begin(lease, aNeed())
    await overtake(database(), lease)
    await expect(remembered.saveOrder(lease, id, anOrder('a'))).rejects.toMatchObject({ code: 'STALE_LEASE' })
    expect(await remembered.current(domain.id)).toMatchObject({ orderUrl: null })
  })
})
