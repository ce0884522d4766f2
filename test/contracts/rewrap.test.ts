import { type KeyCustody, type SealedKey, createKeyCustody } from '@mooring/core'
import { type Database, type Rewrap, type Rewrapped, createCertificateStore, createRewrap } from '@mooring/postgres'
import { type KyselyPlugin, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother, connect, asSuperuser } = usePostgres()

const [old, next, foreign] = ['0a', '0b', '0c'].map((byte) => byte.repeat(32)) as [string, string, string]
const before = createKeyCustody(old)
const during = createKeyCustody(next, [old])
const after = createKeyCustody(next)

interface StoredKey {
  open(custody: KeyCustody): Promise<string>
}

async function certificate(custody: KeyCustody, secret: string, at: Database = database()) {
  const { domain, lease } = await storeDomain(at)
  const id = `crt_${domain.id}`
  const sealedKey = custody.seal(secret, { ownerId: domain.id, secretId: id })
  await createCertificateStore(at).begin(lease, { id, issuer: 'acme', sealedKey, csrDer: Buffer.alloc(1) })
  const load = async () => (await createCertificateStore(database()).current(domain.id))?.sealedKey as SealedKey
  const open = async (by: KeyCustody) => by.open(await load(), { ownerId: domain.id, secretId: id })
  return { id, domain, open, load }
}

/** One of everything that is sealed, under the custody; each opens to its own name. */
async function everySecret(custody: KeyCustody): Promise<Record<string, StoredKey>> {
  const { kysely } = database()
  const seal = (secret: string, ownerId: string, secretId: string) =>
    JSON.stringify(custody.seal(secret, { ownerId, secretId }))
  const account = 'https://ca.example/dir#2'
  await sql`insert into acme_accounts (directory_url, sealed_key, next_sealed_key) values (
    ${account}, ${seal('account', 'acme-account', account)}::jsonb, ${seal('next', 'acme-account', account)}::jsonb
  )`.execute(kysely)
  await sql`insert into dns_zones (id, name, account, sealed_credentials)
    values ('zon_1', 'example.com', '{}', ${seal('zone', 'zon_1', 'dns-credentials')}::jsonb)`.execute(kysely)
  await sql`insert into idempotency_keys (key, request_hash, status, headers, body)
    values ('c:k', 'h', 202, '{}', ${seal('answer', 'idempotency', 'c:k')}::jsonb)`.execute(kysely)
  await sql`insert into webhooks (id, url, created_by, sealed_secret, previous_sealed_secret, previous_until)
    values ('whk_1', 'https://platform.example/', 'a test', ${seal('webhook', 'whk_1', 'webhook-secret')}::jsonb,
      ${seal('webhook before', 'whk_1', 'webhook-secret')}::jsonb, now())`.execute(kysely)
  const at = (query: string, ownerId: string, secretId: string): StoredKey => ({
    async open(by) {
      const { rows } = await sql<{ sealed: SealedKey }>`${sql.raw(`select ${query}`)}`.execute(kysely)
      return by.open(rows[0]?.sealed as SealedKey, { ownerId, secretId })
    },
  })
  return {
    certificate: await certificate(custody, 'certificate'),
    account: at('sealed_key as sealed from acme_accounts', 'acme-account', account),
    next: at('next_sealed_key as sealed from acme_accounts', 'acme-account', account),
    zone: at('sealed_credentials as sealed from dns_zones', 'zon_1', 'dns-credentials'),
    webhook: at('sealed_secret as sealed from webhooks', 'whk_1', 'webhook-secret'),
    'webhook before': at('previous_sealed_secret as sealed from webhooks', 'whk_1', 'webhook-secret'),
    answer: at('body as sealed from idempotency_keys', 'idempotency', 'c:k'),
  }
}

async function round(rewrap: Rewrap): Promise<Rewrapped> {
  let rewrapped = 0
  for (;;) {
    const batch = await rewrap.batch()
    rewrapped += batch.rewrapped
    if (batch.roundEnded) return { ...batch, rewrapped }
  }
}

/** Ends the connection that waits for a lock, as soon as one does. */
const END_WHO_WAITS = `do $$ begin
  loop
    perform pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid();
    exit when found;
    perform pg_sleep(0.01);
    perform pg_stat_clear_snapshot();
  end loop;
end $$`

describe('the rotation of the key-encryption key', () => {
  it('wraps everything that is stored sealed with the new key, after which the old one is not needed', async () => {
    const secrets = await everySecret(before)

    expect(await round(createRewrap(database(), during))).toMatchObject({ rewrapped: 7, remaining: 0, complaints: [] })

    for (const [name, secret] of Object.entries(secrets)) {
      expect(await secret.open(after), name).toBe(name)
      await expect(secret.open(before), name).rejects.toThrow('another key-encryption key')
    }
    expect(await round(createRewrap(database(), during))).toMatchObject({ rewrapped: 0, remaining: 0 })
  })

  it('goes on in another process where the first one died, and no key is out of reach meanwhile', async () => {
    const secrets: StoredKey[] = []
    for (let n = 0; n < 25; n++) secrets.push(await certificate(before, `${n}`))
    const process = openAnother()
    const rewrap = createRewrap(process, during, { rows: 5 })
    let batch = await rewrap.batch()
    while (batch.remaining > 12) batch = await rewrap.batch()
    // It dies between its reading and its writing, which this lock keeps it from.
    const holder = await connect()
    await holder.query('begin')
    await holder.query('lock table certificates in share mode')
    const dying = rewrap.batch().catch(({ message }: Error) => message)
    await asSuperuser(END_WHO_WAITS)
    expect(await dying).toContain('The database cannot be reached')
    await holder.query('commit')
    await holder.end()
    await process.close()

    const stands = await Promise.all(secrets.map((secret) => secret.open(during)))
    const finished = await round(createRewrap(openAnother(), during, { rows: 5 }))

    expect(stands).toEqual(secrets.map((_, n) => `${n}`))
    expect(finished).toMatchObject({ remaining: 0, complaints: [] })
    expect(finished.rewrapped).toBeGreaterThan(0)
    expect(finished.rewrapped).toBeLessThanOrEqual(12)
    expect(await Promise.all(secrets.map((secret) => secret.open(after)))).toEqual(stands)
  })

  it('overwrites nothing that was sealed anew between its reading and its writing', async () => {
    const { id, domain, open } = await certificate(before, 'the old secret')
    const reseal = async () => {
      const sealed = JSON.stringify(during.seal('a newer secret', { ownerId: domain.id, secretId: id }))
      await sql`update certificates set sealed_key = ${sealed}::jsonb where id = ${id}`.execute(database().kysely)
    }
    const inBetween: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        if (result.rows.some((row) => isObject(row['sealed']))) await reseal()
        return result
      },
    }
    const another = openAnother()
    const rewrap = createRewrap({ ...another, kysely: another.kysely.withPlugin(inBetween) }, during)

    expect(await round(rewrap)).toMatchObject({ rewrapped: 0, remaining: 0 })
    expect(await open(after)).toBe('a newer secret')
  })

  it('waits for nobody who writes a key just then, and takes that one in the next round', async () => {
    const { id, open } = await certificate(before, 'held')
    await certificate(before, 'free')
    const rewrap = createRewrap(database(), during)
    const writer = await connect()
    await writer.query('begin')
    await writer.query('select from certificates where id = $1 for update', [id])

    expect(await round(rewrap)).toMatchObject({ rewrapped: 1, remaining: 1 })
    await writer.query('commit')
    await writer.end()

    expect(await round(rewrap)).toMatchObject({ rewrapped: 1, remaining: 0 })
    expect(await open(after)).toBe('held')
  })

  it('loses nothing when the old key given is a wrong one, and says which keys it takes', async () => {
    const { open, load } = await certificate(createKeyCustody(foreign), 'of a third key')
    const { open: openOther } = await certificate(before, 'of the old key')
    const stored = await load()

    const { rewrapped, remaining, complaints } = await round(createRewrap(database(), during))

    expect({ rewrapped, remaining }).toEqual({ rewrapped: 1, remaining: 1 })
    expect(complaints).toMatchObject([{ keys: 1 }])
    for (const key of [foreign, old, next]) expect(complaints[0]?.message).toContain(createKeyCustody(key).kek)
    expect(await load()).toEqual(stored)
    expect(await open(createKeyCustody(foreign))).toBe('of a third key')
    expect(await openOther(after)).toBe('of the old key')
  })
})

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
