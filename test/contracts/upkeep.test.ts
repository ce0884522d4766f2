import { DAY, type SealedKey } from '@mooring/core'
import { createAcmeAccounts, createDeadLetters, createHousekeeping, createWorkers } from '@mooring/postgres'
import { describe, expect, it } from 'vitest'
import { overtake, storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
const ago = (ms: number) => new Date(Date.now() - ms)

describe('housekeeping', () => {
  const sweep = () => createHousekeeping(database()).sweep()

  it('forgets idempotency keys after a day', async () => {
    const key = (name: string, created_at: Date) => ({
      key: name,
      request_hash: 'h',
      status: 202,
      headers: '{}',
      body: '{}',
      created_at,
    })
    await database()
      .kysely.insertInto('idempotency_keys')
      .values([key('old', ago(DAY + 1_000)), key('young', ago(DAY - 60_000))])
      .execute()
    expect(await sweep()).toMatchObject({ idempotencyKeys: 1 })
    expect(await database().kysely.selectFrom('idempotency_keys').select('key').execute()).toEqual([{ key: 'young' }])
  })

  it('forgets what was delivered a month ago, never what is still due', async () => {
    const old = { channel: 'slack', body: '{}', created_at: ago(31 * DAY) }
    await database()
      .kysely.insertInto('deliveries')
      .values([
        { ...old, id: 'settled', next_run_at: null },
        { ...old, id: 'due', next_run_at: ago(0) },
        { ...old, id: 'young', created_at: ago(DAY), next_run_at: null },
      ])
      .execute()
    expect(await sweep()).toMatchObject({ settledDeliveries: 1 })
    expect(await database().kysely.selectFrom('deliveries').select('id').orderBy('id').execute()).toEqual([
      { id: 'due' },
      { id: 'young' },
    ])
  })

  it('closes attempts of workers that lost their lease, and no others', async () => {
    const { kysely } = database()
    const [working, overtaken, dead] = [
      await storeDomain(database()),
      await storeDomain(database()),
      await storeDomain(database()),
    ]
    for (const { domain } of [working, overtaken, dead]) {
      const attempt = { domain_id: domain.id, lease_token: 1, step: 'settle', worker: 'worker-a' }
      await kysely
        .insertInto('attempts')
        .values({ ...attempt, code: null, detail: null })
        .execute()
    }
    await overtake(database(), overtaken.lease)
    await kysely
      .updateTable('domains')
      .set({ lease_until: ago(120_000) })
      .where('id', '=', dead.domain.id)
      .execute()

    expect(await sweep()).toMatchObject({ lostAttempts: 2 })
    const attempts = await kysely.selectFrom('attempts').select(['domain_id', 'outcome']).orderBy('id').execute()
    expect(attempts).toEqual([
      { domain_id: working.domain.id, outcome: 'running' },
      { domain_id: overtaken.domain.id, outcome: 'lost' },
      { domain_id: dead.domain.id, outcome: 'lost' },
    ])
  })
})

describe('workers', () => {
  it('are counted on while they are heard of', async () => {
    const workers = createWorkers(database())
    expect(await workers.liveSlots()).toBe(0)
    await workers.heartbeat({ name: 'a', slots: 8 })
    await workers.heartbeat({ name: 'b', slots: 4 })
    await workers.heartbeat({ name: 'a', slots: 16 })
    expect(await workers.liveSlots()).toBe(20)

    await database()
      .kysely.updateTable('workers')
      .set({ seen_at: ago(31_000) })
      .where('name', '=', 'b')
      .execute()
    expect(await workers.liveSlots()).toBe(16)
    expect(await workers.list()).toMatchObject([
      { name: 'a', slots: 16, live: true, startedAt: expect.any(Date) },
      { name: 'b', slots: 4, live: false },
    ])
    await workers.leave('a')
    expect(await workers.liveSlots()).toBe(0)
  })
})

describe('dead letters', () => {
  const letter = {
    queue: 'mooring.v1.normal',
    code: 'MESSAGE_NOT_JSON',
    detail: 'not JSON',
    excerpt: 'hello',
    bytes: 5,
  }

  it('are listed newest first, a page at a time', async () => {
    const letters = createDeadLetters(database())
    for (const excerpt of ['a', 'b', 'c']) await letters.insert({ ...letter, excerpt })
    const first = await letters.list({ limit: 2, cursor: null })
    expect(first.data).toMatchObject([
      { ...letter, excerpt: 'c' },
      { ...letter, excerpt: 'b' },
    ])
    expect(await letters.list({ limit: 2, cursor: first.nextCursor })).toMatchObject({
      data: [{ excerpt: 'a', at: expect.any(Date) }],
      nextCursor: null,
    })
    await expect(letters.list({ limit: 2, cursor: "1' or 1" })).rejects.toMatchObject({ code: 'INVALID' })
  })

  it('may hold any bytes', async () => {
    const letters = createDeadLetters(database())
    await letters.insert({ ...letter, excerpt: 'a\0b\uD800' })
    expect((await letters.list({ limit: 1, cursor: null })).data[0]?.excerpt).toBe('a\uFFFDb\uFFFD')
  })
})

describe('ACME accounts', () => {
  const directory = 'https://ca.example/dir'
  const aKey = (ciphertext: string): SealedKey => ({
    version: 1,
    kek: '00',
    wrappedDataKey: 'd',
    nonce: 'n',
    ciphertext,
  })

  it('are one per directory, whoever comes first', async () => {
    const accounts = createAcmeAccounts(database())
    expect(await accounts.load(directory)).toBeNull()
    const saved = await Promise.all(['a', 'b', 'c', 'd'].map((key) => accounts.save(directory, aKey(key))))
    const winner = await accounts.load(directory)
    expect(saved).toEqual(Array.from({ length: 4 }, () => winner))
    expect(winner?.accountUrl).toBeNull()
  })

  it('keep the URL the CA gave them', async () => {
    const accounts = createAcmeAccounts(database())
    await accounts.save(directory, aKey('a'))
    await accounts.saveUrl(directory, 'https://ca.example/acct/1')
    expect(await accounts.save(directory, aKey('b'))).toEqual({
      sealedKey: aKey('a'),
      accountUrl: 'https://ca.example/acct/1',
    })
  })
})
