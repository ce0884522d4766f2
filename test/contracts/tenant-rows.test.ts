import { type Database, createRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { storeDomainIn } from '../builders/domain-in-state.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother, asSuperuser } = usePostgres()
const DAY_MS = 86_400_000

let own: string
let theirs: string
beforeEach(async () => {
  own = await storeDomainIn(database(), 'active', { tenant: 'acme' })
  theirs = await storeDomainIn(database(), 'active', { tenant: 'globex' })
  for (const id of [own, theirs]) await storeBeside(id)
})

/** A row of every table that hangs on a domain. */
async function storeBeside(id: string): Promise<void> {
  await database().pool.query(
    `with e as (insert into events (domain_id, type, actor) values ($1, 'domain.created', 'api')),
          a as (insert into attempts (domain_id, lease_token, step, worker) values ($1, 1, 'accept', 'w')),
          c as (insert into certificates (id, domain_id, issuer, status, sealed_key, csr)
                values ('crt_' || $1, $1, 'acme', 'ordering', '{}', '')),
          h as (insert into challenges (token, domain_id, hostname) values ('t' || $1, $1, 'x')),
          r as (insert into routes (domain_id, hostname, edge_pool, generation, variant, target)
                values ($1, $1, 'default', 1, 'http', '{}')),
          g as (insert into edges (id, name, edge_pool, token_hash) values ('edge_' || $1, $1, 'default', $1) returning id),
          j as (insert into edge_rejections (edge_id, domain_id, generation, detail) select id, $1, 1, 'no' from g)
     insert into consents (domain_id, tenant) values ($1, 'other')`,
    [id],
  )
}

const HANGING = ['events', 'attempts', 'certificates', 'challenges', 'routes', 'consents', 'edge_rejections']

async function rolesOf(database: Database): Promise<unknown[]> {
  const { rows } = await sql`select current_user as role, current_setting('mooring.tenant', true) as tenant`.execute(
    database.kysely,
  )
  return rows
}

describe('a statement that acts for a tenant, whatever it says', () => {
  it('reads the rows of that tenant only', async () => {
    const acme = database().asTenant('acme').kysely
    const { rows } = await sql`select id from domains`.execute(acme)
    expect(rows).toEqual([{ id: own }])
    for (const table of HANGING) {
      const { rows: found } = await sql`select distinct domain_id from ${sql.table(table)}`.execute(acme)
      expect([table, found]).toEqual([table, [{ domain_id: own }]])
    }
  })

  it('writes none of another tenant', async () => {
    const acme = database().asTenant('acme').kysely
    const updated = await sql`update domains set metadata = '{"stolen": true}' where id = ${theirs}`.execute(acme)
    expect(Number(updated.numAffectedRows)).toBe(0)
    for (const table of ['certificates', 'challenges', 'consents']) {
      const deleted = await sql`delete from ${sql.table(table)} where domain_id = ${theirs}`.execute(acme)
      expect([table, Number(deleted.numAffectedRows)]).toEqual([table, 0])
    }
    const refused = 'row-level security'
    await expect(sql`update domains set tenant = 'globex' where id = ${own}`.execute(acme)).rejects.toThrow(refused)
    await expect(
      sql`insert into events (domain_id, type, actor) values (${theirs}, 'x', 'y')`.execute(acme),
    ).rejects.toThrow(refused)
    await expect(
      sql`insert into consents (domain_id, tenant) values (${theirs}, 'acme')`.execute(acme),
    ).rejects.toThrow(refused)
    await expect(
      sql`update certificates set domain_id = ${theirs} where domain_id = ${own}`.execute(acme),
    ).rejects.toThrow(refused)
  })

  it('finds its own domain while the other’s is written in the same breath', async () => {
    const registryOf = (tenant: string) =>
      createRegistry(database().asTenant(tenant), { tokenLifetimeMs: DAY_MS, rotationGraceMs: DAY_MS })
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        n % 2 === 0 ? registryOf('acme').check(own) : registryOf('globex').check(theirs),
      ),
    )
    expect(answers.map(({ kind }) => kind)).toEqual(Array.from({ length: 40 }, () => 'applied'))
    expect(await registryOf('acme').check(theirs)).toEqual({ kind: 'not_found' })
  })

  it.each(['api_keys', 'users', 'sessions', 'hostnames', 'acme_accounts', 'workers', 'notice_outbox', 'deliveries'])(
    'cannot look into %s at all',
    async (table) => {
      const { kysely } = database().asTenant('acme')
      await expect(sql`select * from ${sql.table(table)}`.execute(kysely)).rejects.toThrow('permission denied')
    },
  )

  it('cannot read the token of an edge, nor what seals the credentials of a zone', async () => {
    const { kysely } = database().asTenant('acme')
    await expect(sql`select token_hash from edges`.execute(kysely)).rejects.toThrow('permission denied')
    await expect(sql`select sealed_credentials from dns_zones`.execute(kysely)).rejects.toThrow('permission denied')
  })

  it('sees nothing where the setting was forgotten', async () => {
    const rows = await database()
      .kysely.connection()
      .execute(async (one) => {
        await sql`set role mooring_tenant`.execute(one)
        const found = await sql`select id from domains`.execute(one)
        await sql`set role mooring_app`.execute(one)
        return found.rows
      })
    expect(rows).toEqual([])
    expect((await sql`select from domains`.execute(database().asTenant('').kysely)).rows).toEqual([])
  })

  it('cannot be turned into another by the name of a tenant', async () => {
    const { kysely } = database().asTenant(`acme' or tenant = 'globex`)
    expect((await sql`select id from domains`.execute(kysely)).rows).toEqual([])
  })
})

describe('a connection that acted for a tenant', () => {
  it('acts for nobody in the next hand, after success, after an error and after a transaction that failed', async () => {
    const acme = database().asTenant('acme')
    const { rows } = await sql`select current_user as role`.execute(acme.kysely)
    expect(rows).toEqual([{ role: 'mooring_tenant' }])
    await expect(sql`select nothing`.execute(acme.kysely)).rejects.toThrow()
    await expect(
      acme.kysely.transaction().execute(async (transaction) => {
        await sql`select nothing`.execute(transaction)
      }),
    ).rejects.toThrow()
    for (let n = 0; n < 12; n += 1) expect(await rolesOf(database())).toEqual([{ role: 'mooring_app', tenant: '' }])
  })

  it('is not used again when it cannot be taken back', async () => {
    const other = openAnother()
    const acme = other.asTenant('acme')
    const pid = await acme.kysely.connection().execute(async (one) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(one)
      await asSuperuser(`select pg_terminate_backend(${rows[0]?.pid})`)
      return rows[0]?.pid
    })
    await expect.poll(() => other.pool.totalCount).toBe(0)
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(other.kysely)
    expect(rows[0]?.pid).not.toBe(pid)
  })
})

describe('every table', () => {
  it('that a tenant may touch says row by row what is its own, or holds no tenant’s rows', async () => {
    const { rows } = await database().pool.query<{ name: string }>(`
      select c.relname as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm') and not c.relrowsecurity
        and has_any_column_privilege('mooring_tenant', c.oid, 'select, insert, update')`)
    expect(rows.map(({ name }) => name).toSorted()).toEqual(['edge_pools', 'edges'])
  })

  it('shows a process of the platform all rows by a policy that costs no plan', async () => {
    await asSuperuser('create index domains_by_prefix on domains (hostname text_pattern_ops)')
    const plan = (statement: string) =>
      database()
        .kysely.connection()
        .execute(async (one) => {
          // Few rows: to scan them all would be cheaper than any index.
          await sql`set enable_seqscan = off`.execute(one)
          const { rows } = await sql<{ 'QUERY PLAN': string }>`explain ${sql.raw(statement)}`.execute(one)
          return rows.map((row) => row['QUERY PLAN']).join('\n')
        })
    expect(await plan('select * from domains where next_run_at <= now() order by next_run_at limit 5')).toMatch(
      /domains_(due|waiting)/,
    )
    const like = await plan(`select id from domains where hostname like 'shop%'`)
    expect(like).toMatch(/Index Cond: .*~>=~/)
    expect(like).not.toContain('acting_tenant')
  })
})
