import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { done } from '@mooring/core'
import { type Database, createRegistry, migrate, openDatabase, createDomainStore } from '@mooring/postgres'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { NO_CLOCKS } from '../builders/no-clocks.ts'
import { storeDueDomain } from '../builders/due-domain.ts'
import { freePorts } from '../services/free-ports.ts'
import { type Postgres, type TestDatabase, createTestDatabase, startPostgres } from '../services/postgres.ts'
import type { Running } from '../services/provide.ts'
import { soon } from '../services/soon.ts'

/** What Kysely takes before it migrates: `LOCK_ID` of its adapter for PostgreSQL. */
const KYSELYS_LOCK = '3853314791062309107'

let server: Running<Postgres>
let fresh: TestDatabase
let database: Database
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

beforeAll(async () => {
  server = await startPostgres()
})
beforeEach(async () => {
  fresh = await createTestDatabase(server)
  database = openDatabase({ url: fresh.url, log })
})
afterEach(async () => {
  await database.close()
  await fresh.drop()
})
afterAll(() => server.stop())

async function asAdmin<Row extends object>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}
const terminateOthers = () =>
  asAdmin(
    fresh.url,
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )

describe('the database', () => {
  it('is used as mooring_app, which owns nothing and cannot change the schema', async () => {
    const { rows } = await sql<{ user: string }>`select current_user as user`.execute(database.kysely)
    expect(rows).toEqual([{ user: 'mooring_app' }])
    await expect(sql`drop table events`.execute(database.kysely)).rejects.toThrow('must be owner')
    await expect(sql`create table x (a int)`.execute(database.kysely)).rejects.toThrow('permission denied')
  })

  it('keeps the options that its URL sets', async () => {
    const url = `${fresh.url}?options=${encodeURIComponent('-c work_mem=5MB')}`
    const other = openDatabase({ url, log })
    const shown = sql<{ work_mem: string; role: string }>`
      select current_setting('work_mem') as work_mem, current_user as role`
    expect((await shown.execute(other.kysely)).rows).toEqual([{ work_mem: '5MB', role: 'mooring_app' }])
    await other.close()
  })

  it('gives big integers as numbers and leaves other users of pg alone', async () => {
    const { rows } = await sql<{ n: unknown }>`select 9007199254740991::bigint as n`.execute(database.kysely)
    expect(rows).toEqual([{ n: Number.MAX_SAFE_INTEGER }])
    await expect(sql`select 9007199254740993::bigint as n`.execute(database.kysely)).rejects.toThrow(RangeError)
    expect(await asAdmin(fresh.url, 'select 1::bigint as n')).toEqual([{ n: '1' }])
  })

  it('is unavailable when nothing listens', async () => {
    const [port] = await freePorts(1)
    const away = openDatabase({ url: `postgres://x@127.0.0.1:${port}/x`, log })
    await expect(sql`select 1`.execute(away.kysely)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    await expect(away.kysely.transaction().execute(async () => 1)).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    })
    await expect(away.listen('mooring_due', () => {})).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    await away.close()
  })

  it('is unavailable for a query whose connection is cut, and works for the next', async () => {
    const sleeping = () => asAdmin(fresh.url, `select 1 from pg_stat_activity where query = 'select pg_sleep(10)'`)
    const cut = sql`select pg_sleep(10)`.execute(database.kysely).catch((error: unknown) => error)
    await expect.poll(sleeping).toHaveLength(1)
    await terminateOthers()
    expect(await cut).toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    expect((await sql`select 1 as one`.execute(database.kysely)).rows).toEqual([{ one: 1 }])
  })

  it('outlives connections that are cut in the middle of a transaction', async () => {
    const transaction = database.kysely.transaction().execute(async (within) => {
      await sql`select 1`.execute(within)
      await terminateOthers()
      await sql`select 1`.execute(within)
    })
    await expect(transaction).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    expect((await sql`select 1 as one`.execute(database.kysely)).rows).toEqual([{ one: 1 }])
  })

  it('tells a statement that is wrong from a database that is away', async () => {
    await expect(sql`select nothing`.execute(database.kysely)).rejects.toMatchObject({ code: '42703' })
  })
})

describe('a column that a newer release adds', () => {
  const read = (kysely: Database['kysely']) => sql`select * from edge_pools where name = ${'default'}`.execute(kysely)
  const addColumn = () => asAdmin(fresh.url, 'alter table edge_pools add column newer text')

  it('is no fault of a statement that was prepared before', async () => {
    expect((await read(database.kysely)).rows[0]).not.toHaveProperty('newer')
    await addColumn()
    expect((await read(database.kysely)).rows[0]).toHaveProperty('newer')
    expect((await read(database.kysely)).rows[0]).toHaveProperty('newer')
  })

  it('ends a transaction that uses one, and the next is as ever', async () => {
    await read(database.kysely)
    await addColumn()
    const within = () => database.kysely.transaction().execute(read)
    await expect(within()).rejects.toThrow('cached plan must not change result type')
    expect((await within()).rows[0]).toHaveProperty('newer')
  })
})

describe('notifications', () => {
  it('arrive for what becomes due by an intent and for changed routes, not for a worker’s own record', async () => {
    const heard: string[] = []
    await database.listen('mooring_due', () => heard.push('due'))
    await database.listen('mooring_routes', (pool) => heard.push(`routes of ${pool}`))
    const { id } = await storeDueDomain(database)
    const store = createDomainStore(database, { leaseMs: 60_000 })
    const claimed = await store.claim(id, 'worker-a')
    if (claimed.kind !== 'claimed') throw new Error('not due')
    const next = { state: 'verifying', step: 'verify_ownership' } as const
    const outcome = done({ route: 'http' })
    await store.record(claimed.lease, {
      step: 'accept',
      outcome,
      next,
      reason: null,
      attempt: 1,
      route: 'http',
      ...NO_CLOCKS,
      due: 'now',
    })
    await expect.poll(() => heard).toEqual(['routes of default'])
    await createRegistry(database, { tokenLifetimeMs: 1000, rotationGraceMs: 1000 }).check(id)
    await expect.poll(() => heard).toEqual(['routes of default', 'due'])
  })

  it('go on after the connection was cut, with an empty one for what may have been missed', async () => {
    const heard: string[] = []
    const listener = await database.listen('mooring_routes', (pool) => heard.push(pool))
    await terminateOthers()
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual([''])
    expect(listener.isConnected()).toBe(true)
    await sql`select pg_notify('mooring_routes', 'eu')`.execute(database.kysely)
    await expect.poll(() => heard).toEqual(['', 'eu'])
  })

  it('end with their listener and with the database', async () => {
    const backends = () => asAdmin(fresh.url, `select 1 from pg_stat_activity where application_name = 'ears'`)
    const other = openDatabase({ url: fresh.url, applicationName: 'ears', log })
    const first = await other.listen('mooring_due', () => {})
    await other.listen('mooring_routes', () => {})
    expect(await backends()).toHaveLength(2)
    await first.close()
    await expect.poll(backends).toHaveLength(1)
    await other.close()
    await expect.poll(backends).toHaveLength(0)
  })
})

describe('migrations', () => {
  const migrations = async () =>
    (await readdir(join(import.meta.dirname, '../../migrations')))
      .filter((file) => /^\d{4}_/.test(file))
      .map((file) => file.replace(/\.ts$/, ''))
      .toSorted()
  const urlOf = (url: string, pathname: string, username = new URL(url).username) =>
    Object.assign(new URL(url), { pathname, username }).href

  it('may be started by several processes on a fresh database', async () => {
    const name = `mooring_empty_${randomBytes(6).toString('hex')}`
    const url = urlOf(server.address.url, name)
    await asAdmin(server.address.url, `create database ${name}`)
    await Promise.all(Array.from({ length: 4 }, () => migrate(url)))
    const applied = await asAdmin<{ name: string }>(url, 'select name from kysely_migration order by name')
    expect(applied.map(({ name }) => name)).toEqual(await migrations())
    const opened = openDatabase({ url, log })
    expect(await createRegistry(opened, { tokenLifetimeMs: 1000, rotationGraceMs: 1000 }).jobCounts()).toMatchObject({
      due: 0,
    })
    await opened.close()
    await asAdmin(server.address.url, `drop database ${name} with (force)`)
  })

  // A server somebody else runs has the role already, and is not ours to add login roles to.
  it.skipIf(process.env['DATABASE_URL_FOR_TESTS'] !== undefined)(
    'may run at once in several databases of a cluster without the role, and as an ordinary login role',
    async () => {
      const bare = await startPostgres()
      try {
        await asAdmin(bare.address.url, 'create role owner login createrole')
        const names = ['a', 'b', 'c', 'd']
        for (const name of names) await asAdmin(bare.address.url, `create database ${name} owner owner`)
        const urls = names.map((name) => urlOf(bare.address.url, name, 'owner'))
        await Promise.all(urls.map((url) => migrate(url)))
        const opened = openDatabase({ url: String(urls[0]), log })
        const { rows } = await sql<{ user: string }>`select current_user as user`.execute(opened.kysely)
        expect(rows).toEqual([{ user: 'mooring_app' }])
        await opened.close()
      } finally {
        await bare.stop()
      }
    },
  )

  it('change nothing when they run again', async () => {
    await migrate(fresh.url)
    expect(await asAdmin(fresh.url, 'select name from kysely_migration')).toHaveLength((await migrations()).length)
  })

  it('leave alone what a newer release has applied, and start', async () => {
    await asAdmin(fresh.url, `insert into kysely_migration (name, timestamp) values ('9999_newer', '2030-01-01')`)
    await migrate(fresh.url)
    expect(await asAdmin(fresh.url, 'select name from kysely_migration')).toHaveLength((await migrations()).length + 1)
    await asAdmin(fresh.url, `delete from kysely_migration where name = '9999_newer'`)
  })

  it('say that the database is away', async () => {
    const [port] = await freePorts(1)
    await expect(migrate(`postgres://x@127.0.0.1:${port}/x`, log, { waitMs: 0 })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    })
  })

  it('begin again when their connections break while they wait for another process', async () => {
    const another = new pg.Client(fresh.url)
    await another.connect()
    await another.query(`select pg_advisory_lock(${KYSELYS_LOCK})`)
    const began: unknown[] = []
    const migrating = migrate(fresh.url, { ...log, warn: (facts) => began.push(facts) })
    const ours = `from pg_stat_activity where application_name = 'mooring-migrate'`
    await soon(async () => {
      const { rows } = await another.query(`select ${ours} and wait_event = 'advisory'`)
      expect(rows).toHaveLength(1)
    })
    await another.query(`select pg_terminate_backend(pid) ${ours}`)
    await another.end()
    await migrating
    expect(began.length).toBeGreaterThan(0)
  })

  it('wait for a database that starts after them', async () => {
    const [port] = (await freePorts(1)) as [number]
    const real = new URL(fresh.url)
    const late = new URL(fresh.url)
    late.port = String(port)
    const waiting = Promise.withResolvers<void>()
    const migrating = migrate(late.href, { ...log, warn: () => waiting.resolve() })
    await waiting.promise
    const opened = createServer((socket) => {
      const onward = connect(Number(real.port), '127.0.0.1')
      socket.pipe(onward).pipe(socket)
      onward.on('error', () => socket.destroy())
      socket.on('error', () => onward.destroy())
    })
    opened.listen(port, '127.0.0.1')
    await migrating
    opened.close()
  })
})
