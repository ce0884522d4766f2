import { type DomainFilter, type Hostname, newCertificateId, reason, type State } from '@mooring/core'
import { createHousekeeping, createOperations, createRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { storeDueDomain } from '../builders/due-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, connect, asSuperuser } = usePostgres()
const TIMES = { tokenLifetimeMs: 1000, rotationGraceMs: 1000 }
const FIRST = { limit: 50, cursor: null }
const run = (text: ReturnType<typeof sql>) => text.execute(database().kysely)
const rowsOf = async (text: ReturnType<typeof sql>) => (await run(text)).rows

/** A domain with a certificate in use. */
async function serving(hostname: string, { tenant = 'acme', days = 60 }: { tenant?: string; days?: number } = {}) {
  const { id } = await storeDueDomain(database(), { hostname: hostname as Hostname, tenant, state: 'active' })
  const certificateId = newCertificateId()
  await run(sql`
    insert into certificates (id, domain_id, issuer, status, sealed_key, csr, chain_pem, not_before, not_after)
    values (${certificateId}, ${id}, 'ca/main', 'issued', '{}', '', 'PEM', now(), now() + ${days} * interval '1 day')`)
  await run(sql`update domains set certificate_id = ${certificateId} where id = ${id}`)
  return { id, certificateId }
}

/** What the tables hold, and what the rows say that they were made of. */
async function expectKept() {
  expect(await rowsOf(sql`select * from domain_troubles order by 1`)).toEqual(
    await rowsOf(sql`
      select id as domain_id, reason ->> 'code' as code, reason ->> 'actor' as actor
      from domains where reason is not null order by 1`),
  )
  expect(await rowsOf(sql`select * from certificate_ends order by 1`)).toEqual(
    await rowsOf(sql`
      select d.id as domain_id, c.id as certificate_id, d.tenant, d.state, c.not_before, c.not_after
      from domains d join certificates c on c.id = d.certificate_id where c.status = 'issued' order by 1`),
  )
}

const expiring = async (filter: DomainFilter, tenant?: string) => {
  const on = tenant === undefined ? database() : database().asTenant(tenant)
  const soon = new Date(Date.now() + 90 * 86_400_000)
  const { data } = await createRegistry(on, TIMES).list({ expiresBefore: soon, ...filter }, FIRST)
  return data.map(({ domain }) => domain.hostname)
}

describe('what triggers keep beside the domains', () => {
  it('follows reasons as they come, change and go', async () => {
    const missing = JSON.stringify(reason('DNS_TXT_MISSING', 'Not there.'))
    const other = JSON.stringify(reason('CA_REJECTED', 'No.'))
    const ids = []
    for (let n = 0; n < 4; n++) ids.push((await storeDueDomain(database())).id)
    await storeDueDomain(database(), { reason: reason('DNS_PROXIED', 'Hidden.') })
    await run(sql`update domains set reason = ${missing}::jsonb where id = any(${ids})`)
    await expectKept()
    await run(sql`update domains set reason = ${other}::jsonb where id = ${ids[0]}`)
    await run(sql`update domains set reason = null where id = ${ids[1]}`)
    await run(sql`delete from domains where id = ${ids[2]}`)
    await expectKept()
    expect(await rowsOf(sql`select from domain_troubles`)).toHaveLength(3)
  })

  it('follows the certificate in use, its end and the state of all who share it', async () => {
    const own = await serving('own.example.com')
    const wildcard = await serving('*.example.com')
    const sharing = await storeDueDomain(database(), { state: 'active' })
    await run(sql`update domains set certificate_id = ${wildcard.certificateId} where id = ${sharing.id}`)
    await expectKept()
    expect(await rowsOf(sql`select from certificate_ends`)).toHaveLength(3)

    await run(sql`update domains set state = 'suspended' where id = ${sharing.id}`)
    await run(sql`update certificates set not_after = now() + interval '9 days' where id = ${wildcard.certificateId}`)
    await run(sql`update domains set certificate_id = null where id = ${own.id}`)
    await expectKept()
    await run(sql`update certificates set status = 'revoked' where id = ${wildcard.certificateId}`)
    await expectKept()
    expect(await rowsOf(sql`select from certificate_ends`)).toEqual([])
  })

  it('has the next certificate when it takes the place of the last in one statement', async () => {
    const { id, certificateId } = await serving('shop.example.com', { days: 10 })
    const next = newCertificateId()
    await run(sql`
      insert into certificates (id, domain_id, issuer, status, sealed_key, csr)
      values (${next}, ${id}, 'ca/main', 'ordering', '{}', '')`)
    await run(sql`
      with issued as (
        update certificates set status = 'issued', chain_pem = 'PEM', not_before = now(), not_after = now() + interval '90 days'
        where id = ${next} returning id
      ), superseded as (
        update certificates set status = 'superseded' where id = ${certificateId}
      )
      update domains set certificate_id = issued.id from issued where domains.id = ${id}`)
    await expectKept()
    expect(await rowsOf(sql`select certificate_id from certificate_ends`)).toEqual([{ certificate_id: next }])
  })

  it('is kept by what a tenant writes, who sees its own of it', async () => {
    const mine = await serving('mine.example.com', { tenant: 'acme' })
    await serving('theirs.example.com', { tenant: 'globex' })
    const acme = createRegistry(database().asTenant('acme'), TIMES)
    expect(await acme.suspend(mine.id)).toMatchObject({ kind: 'applied' })
    await expectKept()
    const { rows } = await sql`select domain_id from certificate_ends`.execute(database().asTenant('acme').kysely)
    expect(rows).toEqual([{ domain_id: mine.id }])
    const write = sql`delete from certificate_ends`.execute(database().asTenant('acme').kysely)
    await expect(write).rejects.toThrow('permission denied')
  })
})

describe('domains by the end of their certificates', () => {
  it('come soonest first, with every other filter', async () => {
    await serving('late.example.com', { days: 80 })
    const soon = await serving('soon.example.com', { days: 5 })
    await serving('theirs.example.com', { tenant: 'globex', days: 20 })
    const because = JSON.stringify(reason('OWNERSHIP_LOST', 'Gone.'))
    await run(sql`update domains set state = 'suspended', reason = ${because}::jsonb where id = ${soon.id}`)
    const cases: [DomainFilter, string[]][] = [
      [{}, ['soon', 'theirs', 'late']],
      [{ tenant: 'acme' }, ['soon', 'late']],
      [{ state: 'suspended' satisfies State }, ['soon']],
      [{ reason: 'OWNERSHIP_LOST' }, ['soon']],
      [{ q: 'ate.ex' }, ['late']],
      [{ q: 't', tenant: 'globex' }, ['theirs']],
      [{ q: 'nowhere' }, []],
    ]
    for (const [filter, names] of cases) {
      expect(await expiring(filter)).toEqual(names.map((name) => `${name}.example.com`))
    }
    expect(await expiring({ q: 'example' }, 'globex')).toEqual(['theirs.example.com'])
  })
})

describe('one or two letters', () => {
  it('are what a hostname begins with, in lists, jobs and bulk actions, for everybody', async () => {
    for (const hostname of ['shop.example.com', 'www.shop.example']) {
      await storeDueDomain(database(), { hostname: hostname as Hostname, tenant: 'acme' })
    }
    await storeDueDomain(database(), { hostname: 'show.example.com' as Hostname, tenant: 'globex' })
    for (const on of [database(), database().asTenant('acme')]) {
      const registry = createRegistry(on, TIMES)
      const found = (await registry.list({ q: 'Sh', tenant: 'acme' }, FIRST)).data.map(({ domain }) => domain.hostname)
      expect(found).toEqual(['shop.example.com'])
      const jobs = (await registry.jobs({ q: 'sh', tenant: 'acme' }, FIRST)).data.map(({ hostname }) => hostname)
      expect(jobs).toEqual(['shop.example.com'])
      expect((await registry.list({ q: 'op', tenant: 'acme' }, FIRST)).data).toEqual([])
      expect((await registry.list({ q: 'hop', tenant: 'acme' }, FIRST)).data).toHaveLength(2)
    }
    const operations = createOperations(database(), TIMES)
    const counted = await operations.actOnAll({ domains: { q: 'sh' } }, 'check', { dryRun: true, most: 10 })
    expect(counted).toMatchObject({ matched: 2 })
  })

  it('tell a tenant nothing of the names of others', async () => {
    await storeDueDomain(database(), { hostname: 'secret.example.com' as Hostname, tenant: 'globex' })
    const { kysely } = database().asTenant('acme')
    for (const [wanted, pattern] of [
      ['se', null],
      ['secret', '%secret%'],
    ]) {
      const { rows } = await sql`select own_names(${wanted}, ${pattern}, 10) as names`.execute(kysely)
      expect(rows).toEqual([{ names: [] }])
    }
  })
})

describe('counts of everything', () => {
  const certificates = async () => {
    const overview = await createOperations(database(), TIMES).overview()
    return overview.certificates.reduce((sum, { count }) => sum + count, 0)
  }

  it('are read by a process that has just started, and counted anew with each sweep', async () => {
    await serving('one.example.com')
    await createHousekeeping(database()).sweep()
    await serving('two.example.com')
    expect(await certificates()).toBe(1)
    await createHousekeeping(database()).sweep()
    expect(await certificates()).toBe(2)
  })

  it('miss no domain whose transaction began before the count and ended after it', async () => {
    const active = async () => (await createOperations(database(), TIMES).overview()).domainsIn['active']
    const writer = await connect()
    await writer.query('begin')
    await writer.query(`
      insert into domains (id, hostname, tenant, state, step, lane, target, verification, tls, edge_pool)
      values ('dom_1', 'shop.example.com', 'acme', 'active', 'reverify', 'normal', '{"type": "none"}', '{}', '{}', 'default')`)
    await createHousekeeping(database()).sweep()
    expect(await active()).toBe(0)
    await writer.query('commit')
    expect(await active()).toBe(1)
  })

  it('are counted by whoever asks when nobody has swept for minutes', async () => {
    expect(await certificates()).toBe(0)
    await serving('one.example.com')
    await asSuperuser(`update tallies set at = now() - interval '3 minutes'`)
    expect(await certificates()).toBe(1)
  })
})
