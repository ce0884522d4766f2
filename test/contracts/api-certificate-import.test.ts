import { createPrivateKey } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY, type Domain, type State, after, newCertificateId } from '@mooring/core'
import { createCertificateStore } from '@mooring/postgres'
import { type LocalCa, createLeafKeyAndCsr, createLocalCa } from '@mooring/providers'
import { createLogger } from '@mooring/runtime'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { storeDomainIn } from '../builders/domain-in-state.ts'
import { aLeaf, dns } from '../builders/own-certificate.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
const HOSTNAME = 'shop.example.com' as Domain['hostname']
const { keyPem } = createLeafKeyAndCsr(HOSTNAME)
/** The key as the customer sends it and as it is stored, without its line breaks. */
const SECRETS = [keyPem, createPrivateKey(keyPem).export({ type: 'sec1', format: 'pem' }) as string].map(
  (pem) => pem.split('\n')[1] as string,
)

let folder: string
let ca: LocalCa
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mooring-import-'))
  ca = await createLocalCa(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let api: ReturnType<typeof apiUnderTest>
let logged: string[]
beforeEach(() => {
  logged = []
  const log = createLogger({ name: 'api', level: 'trace', destination: { write: (line) => logged.push(line) } })
  api = apiUnderTest(database(), { log })
})

const stored = (state: State, overrides: Partial<Domain> = {}) =>
  storeDomainIn(database(), state, { hostname: HOSTNAME, ...overrides })
const aChain = async (now = new Date()) => `${await aLeaf({ ca, keyPem, names: dns(HOSTNAME), now })}${ca.caCertPem}`
const send = (id: string, chain: string, key = keyPem, headers: Record<string, string> = {}) =>
  api.call('POST', `/v1/domains/${id}/certificate`, { body: { chain_pem: chain, key_pem: key }, headers })
const rowOf = async (id: string) =>
  database().kysely.selectFrom('domains').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const certificatesOf = (id: string) =>
  database().kysely.selectFrom('certificates').selectAll().where('domain_id', '=', id).orderBy('id').execute()
const eventsOf = async (id: string): Promise<string[]> => {
  const { json } = await api.call('GET', `/v1/domains/${id}/events`)
  return json.data.map(({ type }: { type: string }) => type)
}

describe('a certificate of the customer’s own', () => {
  it('is published at once for an active domain, and watched from then on', async () => {
    const id = await stored('active')
    const { gen } = await rowOf(id)
    const { status, json } = await send(id, await aChain())
    expect([status, json.tls, json.step]).toEqual([202, { mode: 'imported' }, 'publish_renewal'])
    expect(json.certificate).toMatchObject({ status: 'issued', issuer: 'imported' })
    const row = await rowOf(id)
    expect(row).toMatchObject({ gen: gen + 1, certificate_id: expect.stringMatching(/^crt_/), attempt: 0 })
    expect(row.renew_at?.toISOString()).toBe(json.certificate.renew_at)
    expect(row.next_run_at?.getTime()).toBeLessThanOrEqual(Date.now() + 1000)
    expect(await eventsOf(id)).toEqual(['certificate.imported'])
    expect(api.published).toMatchObject([{ domainId: id }])
  })

  it('is found by the edges’ control plane with the key that was sent', async () => {
    const id = await stored('active')
    await send(id, await aChain(), createPrivateKey(keyPem).export({ type: 'sec1', format: 'pem' }) as string)
    const certificate = await createCertificateStore(database()).inUse(id)
    if (certificate === null) throw new Error('no certificate')
    const { sealedKey, ...facts } = certificate
    const opened = api.dependencies.custody.open(sealedKey, { ownerId: id, secretId: certificate.id })
    expect(createPrivateKey(opened).equals(createPrivateKey(keyPem))).toBe(true)
    expect(facts).toMatchObject({ issuer: 'imported', orderUrl: null, issued: { serial: expect.any(String) } })
  })

  it.each([
    ['pending', 'accept', 'accept'],
    ['verifying', 'verify_ownership', 'verify_ownership'],
    ['provisioning_cert', 'validate_order', 'order_certificate'],
    ['failed', 'finalize_order', 'order_certificate'],
    ['suspended', 'await_return', 'publish_holding'],
    ['suspended', 'confirm_return', 'republish_route'],
  ] as const)('of a domain that is %s at %s goes on at %s', async (state, step, next) => {
    const id = await stored(state, { step })
    const { status, json } = await send(id, await aChain())
    expect([status, json.state, json.step]).toEqual([202, state, next])
  })

  it.each(['deprovisioning', 'deprovisioned'] as const)('is not taken by a domain that is %s', async (state) => {
    const id = await stored(state)
    expect((await send(id, await aChain())).json).toMatchObject({ code: 'WRONG_STATE' })
    expect(await certificatesOf(id)).toEqual([])
  })

  it('takes the place of the one before, which stays for edges that have not proved it', async () => {
    const id = await stored('active')
    await send(id, await aChain(after(new Date(), -30 * DAY)))
    await send(id, await aChain())
    const rows = await certificatesOf(id)
    expect(rows.map(({ status }) => status)).toEqual(['superseded', 'issued'])
    expect((await rowOf(id)).certificate_id).toBe(rows[1]?.id)
  })

  it('is taken once, however often it is sent', async () => {
    const id = await stored('active')
    const chain = await aChain()
    await send(id, chain)
    const before = await rowOf(id)
    const again = await send(id, chain)
    expect(again.status).toBe(202)
    expect(await certificatesOf(id)).toHaveLength(1)
    expect((await rowOf(id)).gen).toBe(before.gen)
    expect(await eventsOf(id)).toEqual(['certificate.imported'])
    const keyed = await Promise.all([1, 2].map(() => send(id, chain, keyPem, { 'idempotency-key': 'import-1' })))
    expect(keyed.map(({ status }) => [202, 409].includes(status))).toEqual([true, true])
    expect(await certificatesOf(id)).toHaveLength(1)
  })

  it('is taken once by one domain, whoever sends it at the same moment', async () => {
    const id = await stored('active')
    const chain = await aChain()
    await Promise.all(Array.from({ length: 4 }, () => send(id, chain)))
    expect(await certificatesOf(id)).toHaveLength(1)
  })

  it('ends an order under way, and gives back what it held of the authority’s limits', async () => {
    const id = await stored('provisioning_cert', { step: 'validate_order' })
    const ordering = newCertificateId()
    const held = JSON.stringify([{ bucket: 'exact_set', key: HOSTNAME, refillMs: 1000 }])
    const { kysely } = database()
    await sql`insert into certificates (id, domain_id, issuer, status, sealed_key, csr, reserved)
              values (${ordering}, ${id}, 'acme/2', 'ordering', '{}', '', ${held}::jsonb)`.execute(kysely)
    await sql`insert into ca_budgets (ca, bucket, key, reserved) values ('acme', 'exact_set', ${HOSTNAME}, 2)`.execute(
      kysely,
    )
    await send(id, await aChain())
    expect((await certificatesOf(id)).map(({ issuer }) => issuer)).toEqual(['imported'])
    const { rows } = await sql<{ reserved: number }>`select reserved from ca_budgets`.execute(kysely)
    expect(rows).toEqual([{ reserved: 1 }])
  })

  it('is refused with everything that is wrong with it, and nothing is stored', async () => {
    const id = await stored('active')
    const old = await aLeaf({ ca, keyPem, names: dns('shop.example.org'), now: after(new Date(), -91 * DAY) })
    const other = createLeafKeyAndCsr(HOSTNAME).keyPem
    const { status, json } = await send(id, `${old}${old}`, other)
    expect([status, json.code]).toEqual([422, 'INVALID'])
    expect(json.errors.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`)).toEqual([
      'chain_pem CERT_NAME_MISMATCH',
      'chain_pem CERT_EXPIRED',
      'chain_pem CERT_CHAIN_ORDER',
      'key_pem CERT_KEY_MISMATCH',
    ])
    expect(await certificatesOf(id)).toEqual([])
    expect((await rowOf(id)).tls).toEqual({ mode: 'auto' })
  })

  it('has bounds, and nothing but the two fields', async () => {
    const id = await stored('active')
    expect((await send(id, 'x'.repeat(70_000), 'y'.repeat(20_000))).json.errors).toMatchObject([
      { path: 'chain_pem', code: 'TOO_LARGE' },
      { path: 'key_pem', code: 'TOO_LARGE' },
    ])
    const more = { chain_pem: 'x', key_pem: 'y', password: 'z' }
    const { json } = await api.call('POST', `/v1/domains/${id}/certificate`, { body: more })
    expect(json.errors).toMatchObject([{ path: 'password', code: 'UNKNOWN_FIELD' }])
    expect((await send('nobody.example.com', await aChain())).status).toBe(404)
  })

  it('leaves its key in no answer, no log and no row', async () => {
    const id = await stored('active')
    const answers = [
      await send(id, await aChain(), keyPem, { 'idempotency-key': 'import-2' }),
      await send(id, 'no chain'),
      await send(id, await aChain(), keyPem.replace('-----END', 'x-----END')),
      await api.call('GET', `/v1/domains/${id}`),
      await api.call('GET', `/v1/domains/${id}/events`),
      await api.call('GET', '/v1/certificates'),
    ]
    const { rows } = await sql<{ text: string }>`
      select string_agg(t::text, ' ') as text from (
        select to_jsonb(c) as t from certificates c union all select to_jsonb(d) from domains d
        union all select to_jsonb(e) from events e union all select to_jsonb(i) from idempotency_keys i
      ) as everything`.execute(database().kysely)
    const written = [...answers.map(({ text }) => text), ...logged, rows[0]?.text ?? ''].join('\n')
    expect(logged.length).toBeGreaterThan(0)
    for (const secret of SECRETS) expect(written).not.toContain(secret)
  })

  it('may be announced when the domain is launched', async () => {
    const body = { hostname: 'new.example.com', target: { type: 'none' }, tls: { mode: 'imported' } }
    const { status, json } = await api.call('POST', '/v1/domains', { body })
    expect([status, json.tls.mode]).toEqual([202, 'imported'])
  })
})

describe('GET /v1/certificates', () => {
  it('lists those that end first first, page by page, with what is urgent', async () => {
    const ends: string[] = []
    for (const [name, days] of [
      ['a', 80],
      ['b', 10],
      ['c', 40],
    ] as const) {
      const hostname = `${name}.example.com` as Domain['hostname']
      const id = await storeDomainIn(database(), 'active', { hostname })
      const now = after(new Date(), -days * DAY)
      await send(id, await aLeaf({ ca, keyPem, names: dns(hostname), now }))
      ends.push(hostname)
    }
    await sql`update certificates set renew_at = now() from domains d
              where d.certificate_id = certificates.id and d.hostname = 'a.example.com'`.execute(database().kysely)
    const first = await api.call('GET', '/v1/certificates?limit=2')
    const second = await api.call('GET', `/v1/certificates?limit=2&cursor=${first.json.next_cursor}`)
    const listed = [...first.json.data, ...second.json.data]
    expect(listed.map(({ hostname }: { hostname: string }) => hostname)).toEqual(
      ['a', 'c', 'b'].map((n) => `${n}.example.com`),
    )
    expect(second.json.next_cursor).toBeNull()
    expect(listed.map(({ urgency }: { urgency: string | null }) => urgency)).toEqual(['late', null, null])
    expect(listed[0]).toMatchObject({ issuer: 'imported', status: 'issued', reason: null })
  })

  it('narrows down to what ends before a day, and to a status', async () => {
    const id = await stored('active')
    await send(id, await aChain(after(new Date(), -30 * DAY)))
    await send(id, await aChain())
    const count = async (query: string) => (await api.call('GET', `/v1/certificates?${query}`)).json.data?.length
    expect(await count('')).toBe(1)
    expect(await count('status=superseded')).toBe(1)
    expect(await count(`expires_before=${after(new Date(), 80 * DAY).toISOString()}`)).toBe(0)
    expect(await count(`expires_before=${after(new Date(), 100 * DAY).toISOString()}`)).toBe(1)
    expect((await api.call('GET', '/v1/certificates?status=ordering')).status).toBe(422)
    expect((await api.call('GET', '/v1/certificates?expires_before=soon')).status).toBe(422)
    expect((await api.call('GET', '/v1/certificates?cursor=bm8')).status).toBe(422)
  })

  it('says what holds up a renewal', async () => {
    const id = await stored('active')
    await send(id, await aChain())
    const because = { code: 'CERT_NEEDED', message: 'Send the next one.', actor: 'customer' }
    await sql`update domains set renewal_reason = ${JSON.stringify(because)}::jsonb where id = ${id}`.execute(
      database().kysely,
    )
    expect((await api.call('GET', '/v1/certificates')).json.data).toMatchObject([{ domain_id: id, reason: because }])
  })
})

describe('renewing now', () => {
  /** With a certificate that an authority issued. */
  const active = async (tls: Domain['tls'] = { mode: 'auto' }) => {
    const id = await stored('active')
    await send(id, await aChain())
    const { kysely } = database()
    await sql`update domains set tls = ${JSON.stringify(tls)}::jsonb where id = ${id}`.execute(kysely)
    await sql`update certificates set issuer = 'acme', ask_again_at = now() where domain_id = ${id}`.execute(kysely)
    return id
  }
  const renew = (id: string) => api.call('POST', `/v1/domains/${id}/renew`)

  it('brings the renewal’s time forward, and asks nobody about it meanwhile', async () => {
    const id = await active()
    const { status } = await renew(id)
    expect(status).toBe(202)
    const row = await rowOf(id)
    expect(row.renew_at?.getTime()).toBeLessThanOrEqual(Date.now() + 1000)
    const certificate = await createCertificateStore(database()).inUse(id)
    expect(certificate?.issued?.renewAt.getTime()).toBeLessThanOrEqual(Date.now() + 1000)
    expect(certificate?.renewal.askAgainAt?.getTime()).toBeGreaterThan(Date.now() + 1000)
    expect(await eventsOf(id)).toContain('certificate.renewal_requested')
    expect(api.published.at(-1)).toMatchObject({ domainId: id })
  })

  it('is for active domains that have a certificate of an authority', async () => {
    const imported = await renew(await active({ mode: 'imported' }))
    expect(imported.json).toMatchObject({ status: 409, code: 'WRONG_STATE' })
    expect(imported.json.detail).toContain(`POST /v1/domains/${HOSTNAME}/certificate`)
    const failed = await storeDomainIn(database(), 'failed', { hostname: 'other.example.com' as Domain['hostname'] })
    expect((await renew(failed)).json).toMatchObject({ code: 'WRONG_STATE' })
    expect((await renew('nobody.example.com')).status).toBe(404)
  })

  it.each([
    ['renew', active],
    ['retry', () => stored('failed')],
  ] as const)('%s lets a paused name be ordered again, as somebody says', async (action, make) => {
    const id = await make()
    const paused = sql`insert into ca_budgets (ca, bucket, key, unpause_url, failures)
      values ('acme', 'failed_validations', ${HOSTNAME}, 'https://ca.example/unpause', 9)`
    await paused.execute(database().kysely)
    expect((await api.call('POST', `/v1/domains/${id}/${action}`)).status).toBe(202)
    const { rows } = await sql`select unpause_url, failures from ca_budgets`.execute(database().kysely)
    expect(rows).toEqual([{ unpause_url: null, failures: 9 }])
  })
})
