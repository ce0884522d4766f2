import { randomBytes } from 'node:crypto'
import { type Database, createRegistry, openDatabase } from '@mooring/postgres'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { up as foundation } from '../../migrations/0001_foundation.ts'
import { up as ownership } from '../../migrations/0002_ownership.ts'
import { silentLog } from '../builders/silent-log.ts'
import { type Postgres, startPostgres } from '../services/postgres.ts'
import type { Running } from '../services/provide.ts'

let server: Running<Postgres>
let name: string
let admin: Kysely<unknown>
let database: Database

beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())
beforeEach(async () => {
  name = `mooring_before_${randomBytes(6).toString('hex')}`
  await onServer(`create database ${name}`)
  const url = Object.assign(new URL(server.address.url), { pathname: `/${name}` }).href
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  // The database is dropped while its last connections say goodbye.
  pool.on('connect', (client) => client.on('error', () => undefined))
  pool.on('error', () => undefined)
  admin = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  await foundation(admin)
  database = openDatabase({ url, log: silentLog })
})
afterEach(async () => {
  await database.close()
  await admin.destroy()
  await onServer(`drop database ${name} with (force)`)
})

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client(server.address.url)
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

interface Old {
  id: string
  hostname?: string
  state: string
  step: string
  due?: boolean
  proved?: boolean
}

/** A row as the release before wrote it. */
async function insert({ id, hostname = `${id}.example.com`, state, step, due = false, proved = false }: Old) {
  const verification = JSON.stringify({ method: 'txt', token: 'kMZ_-4', expiresAt: '2026-12-01T00:00:00.000Z' })
  await sql`
    insert into domains (id, hostname, tenant, state, step, lane, next_run_at, target, verification, tls, edge_pool,
                         ownership_verified_at, created_at)
    values (${id}, ${hostname}, 'acme', ${state}, ${step}, 'normal', case when ${due}::boolean then now() end,
            '{"type": "none"}', ${verification}::jsonb, '{"mode": "auto"}', 'default',
            case when ${proved}::boolean then now() end, '2026-11-01T10:00:00.123456Z')
  `.execute(admin)
}

const rowOf = async (id: string) =>
  database.kysely.selectFrom('domains').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const nameOf = async (hostname: string) =>
  database.kysely.selectFrom('hostnames').selectAll().where('hostname', '=', hostname).executeTakeFirst()

describe('the migration to claims', () => {
  it.each<[string, Old, { holds: boolean; step: string; rests: boolean }]>([
    [
      'a pending domain',
      { id: 'a', state: 'pending', step: 'accept', due: true },
      { holds: false, step: 'accept', rests: false },
    ],
    [
      'one at its proof',
      { id: 'a', state: 'verifying', step: 'verify_ownership', due: true },
      { holds: false, step: 'verify_ownership', rests: false },
    ],
    [
      'a proved one',
      { id: 'a', state: 'verified', step: 'settle', due: true, proved: true },
      { holds: true, step: 'settle', rests: false },
    ],
    [
      'one that orders',
      { id: 'a', state: 'provisioning_cert', step: 'order_certificate', due: true, proved: true },
      { holds: true, step: 'order_certificate', rests: false },
    ],
    [
      'an active one that confirms a change',
      { id: 'a', state: 'active', step: 'confirm_change', due: true, proved: true },
      { holds: true, step: 'confirm_change', rests: false },
    ],
    [
      'an active one at rest',
      { id: 'a', state: 'active', step: 'confirm_change', proved: true },
      { holds: true, step: 'reverify', rests: false },
    ],
    [
      'a leaving one',
      { id: 'a', state: 'deprovisioning', step: 'sit_out_grace', due: true, proved: true },
      { holds: true, step: 'sit_out_grace', rests: false },
    ],
    [
      'a leaving one that never proved its name',
      { id: 'a', state: 'deprovisioning', step: 'withdraw_route', due: true },
      { holds: false, step: 'withdraw_route', rests: false },
    ],
    [
      'one that left',
      { id: 'a', state: 'deprovisioned', step: 'release', proved: true },
      { holds: false, step: 'release', rests: true },
    ],
    [
      'one that failed before its proof',
      { id: 'a', state: 'failed', step: 'verify_ownership' },
      { holds: false, step: 'verify_ownership', rests: true },
    ],
    [
      'one that failed after it',
      { id: 'a', state: 'failed', step: 'finalize_order', proved: true },
      { holds: true, step: 'finalize_order', rests: true },
    ],
  ])('lands %s where it belongs', async (_, old, expected) => {
    await insert(old)
    await ownership(admin)
    const row = await rowOf('a')
    expect(row).toMatchObject({ state: old.state, step: expected.step, holds: expected.holds, claim_era: 0, gen: 1 })
    expect(row.next_run_at === null).toBe(expected.rests)
    expect(row.verification).toMatchObject({ token: 'kMZ_-4', routing: true, previous: null })
    expect(new Date(String(row.verification.issuedAt))).toEqual(row.created_at)
    expect(await nameOf('a.example.com')).toMatchObject({
      holder: expected.holds ? 'a' : null,
      era: 0,
      released_at: old.state === 'deprovisioned' ? expect.any(Date) : null,
    })
    expect(row.ended_at === null).toBe(old.state !== 'deprovisioned')
    expect(
      await createRegistry(database, { tokenLifetimeMs: 1, rotationGraceMs: 1 }).find('a.example.com'),
    ).toMatchObject({
      domain: { id: 'a', holds: expected.holds, suspension: null, verification: { issuedAt: row.created_at } },
    })
  })

  it('gives a hostname to the claim that lives, not to the ones that left', async () => {
    const hostname = 'shop.example.com'
    await insert({ id: 'old', hostname, state: 'deprovisioned', step: 'release', proved: true })
    await insert({ id: 'now', hostname, state: 'active', step: 'confirm_change', proved: true })
    await insert({ id: 'older', hostname, state: 'deprovisioned', step: 'release', proved: true })
    await ownership(admin)
    expect(await nameOf(hostname)).toMatchObject({ holder: 'now', released_at: null })
    expect(await rowOf('old')).toMatchObject({ holds: false, next_run_at: null })
  })

  it('spreads the first proofs of active names over a day', async () => {
    for (let i = 0; i < 200; i++) await insert({ id: `d${i}`, state: 'active', step: 'confirm_change', proved: true })
    await ownership(admin)
    const { rows } = await sql<{ hours: number; most: number }>`
      select count(*)::int as hours, max(names)::int as most
      from (
        select count(*) as names from domains group by floor(extract(epoch from next_run_at - now()) / 3600)
      ) as by_hour`.execute(admin)
    expect(rows[0]?.hours).toBeGreaterThan(20)
    expect(rows[0]?.most).toBeLessThan(30)
  })
})
