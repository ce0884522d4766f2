import { type AuditedChange, BOOTSTRAP, DAY, newEdgeId, type NewDomain, verifyChain } from '@mooring/core'
import {
  createAuditLog,
  createAuditReader,
  createAuditSealer,
  createEdgeRegistry,
  createHousekeeping,
  createRegistry,
  type Database,
} from '@mooring/postgres'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { aDomain } from '../builders/domain.ts'
import { storeDomainIn } from '../builders/domain-in-state.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother, asSuperuser } = usePostgres()

const aChange = (overrides: Partial<AuditedChange> = {}): AuditedChange => ({
  actor: BOOTSTRAP,
  action: 'domains.suspend',
  subject: null,
  why: 'a reason of Ada’s',
  address: '192.0.2.7',
  userAgent: 'moor/1',
  requestId: 'req-1',
  ...overrides,
})

const write = (tenant = 'acme', on: Database = database()) =>
  createAuditLog(on).write(aChange(), { outcome: 'done', tenant })

async function sealAll(on: Database = database()): Promise<number> {
  const sealed = await createAuditSealer(on).seal()
  return sealed === 0 ? 0 : sealed + (await sealAll(on))
}

async function verdicts(tenant: string | null = null) {
  const reader = createAuditReader(database())
  const found = []
  for await (const chain of reader.chains(tenant)) found.push(await verifyChain(chain, reader.records(chain)))
  return found.map(({ tenant: whose, entries, brokenAt }) => [whose, entries, brokenAt])
}

const list = async (tenant?: string) =>
  (await createAuditReader(database()).list({ tenant }, { limit: 50, cursor: null })).data

describe('a row of the audit', () => {
  it('is written in the transaction of its change: both are there, or neither is', async () => {
    const edges = createEdgeRegistry(database())
    const log = createAuditLog(database())
    const enrol = (name: string) => edges.enrol({ name, pool: 'default' })
    await log.recorded(
      aChange({ action: 'edges.create' }),
      () => enrol('edge-a'),
      ({ edge }) => [{ subject: edge.id }],
    )
    const failing = log.recorded(aChange(), async () => {
      await enrol('edge-b')
      throw new Error('and then it broke')
    })
    await expect(failing).rejects.toThrow('and then it broke')
    expect((await edges.list()).map(({ name }) => name)).toEqual(['edge-a'])
    expect(await list()).toMatchObject([{ action: 'edges.create', before: null, after: { name: 'edge-a' } }])
  })

  it('leaves nothing behind when the connection is lost before the commit', async () => {
    const other = openAnother()
    const edges = createEdgeRegistry(other)
    const lost = createAuditLog(other).recorded(aChange(), async () => {
      await edges.enrol({ name: 'edge-a', pool: 'default' })
      await asSuperuser(`select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'`)
    })
    await expect(lost).rejects.toThrow()
    expect(await edges.list()).toEqual([])
    expect(await list()).toEqual([])
  })

  it('is not committed with a statement that failed, although somebody caught the failure', async () => {
    const { kysely } = database()
    const swallowing = database().atomically(async () => {
      await sql`insert into edge_pools (name) values ('north')`.execute(kysely)
      await sql`select 1 / 0`.execute(kysely).catch(() => undefined)
    })
    await expect(swallowing).rejects.toThrow('nothing was stored')
    await database().atomically(() => sql`insert into edge_pools (name) values ('south')`.execute(kysely))
    const { rows } = await database().pool.query('select name from edge_pools order by 1')
    expect(rows).toEqual([{ name: 'default' }, { name: 'south' }])
  })

  it('tells the subject before and after, and what people typed apart from the rest', async () => {
    const id = await storeDomainIn(database(), 'active', { tenant: 'acme', metadata: { customer: 'Ada' } })
    const registry = createRegistry(database(), { tokenLifetimeMs: DAY, rotationGraceMs: DAY })
    await createAuditLog(database()).recorded(aChange({ subject: id }), () => registry.suspend(id))
    const [row] = await list('acme')
    expect(row).toMatchObject({
      tenant: 'acme',
      actor: { kind: 'key', id: 'bootstrap', tenant: null },
      subject: id,
      before: { state: 'active', suspension: null },
      after: { state: 'suspended', suspension: 'operator' },
      personal: {
        name: 'bootstrap key',
        why: 'a reason of Ada’s',
        address: '192.0.2.7',
        after: { metadata: { customer: 'Ada' } },
      },
      seq: null,
    })
    expect(JSON.stringify([row?.before, row?.after])).not.toContain('Ada')
  })

  it('is never changed or removed by the role that the processes act as', async () => {
    await write()
    await sealAll()
    const { pool } = database()
    for (const statement of [
      `update audit set action = 'nothing'`,
      `update audit set hash = 'another'`,
      'delete from audit',
      'truncate audit',
      `update audit_personal set fields = '{}'`,
      'delete from audit_heads',
      `update audit_heads set pruned_seq = 1`,
      `insert into audit (tenant, actor_kind, actor_id, action, outcome, seq, personal_hash, prev_hash, hash)
       values ('acme', 'key', 'k', 'a', 'done', 2, 'p', 'q', 'h')`,
      'alter table audit disable trigger all',
    ]) {
      await expect(pool.query(statement), statement).rejects.toMatchObject({ code: '42501' })
    }
    expect(await verdicts()).toEqual([['acme', 1, null]])
  })

  it('shows a tenant its own chain and no other', async () => {
    for (const tenant of ['acme', 'globex', '']) await write(tenant)
    await sealAll()
    const reader = createAuditReader(database().asTenant('acme'))
    const { data } = await reader.list({}, { limit: 10, cursor: null })
    expect(data.map(({ tenant, personal }) => [tenant, personal?.why])).toEqual([['acme', 'a reason of Ada’s']])
    expect((await reader.list({ tenant: 'globex' }, { limit: 10, cursor: null })).data).toEqual([])
    expect(await Array.fromAsync(reader.chains(null))).toMatchObject([{ tenant: 'acme', head: { seq: 1 } }])
  })
})

describe('one transaction for several stores', () => {
  const domainOf = (tenant: string): NewDomain => ({
    ...aDomain({ tenant }),
    hostname: `${tenant}.example.com` as never,
  })

  it('keeps each to its own role, one beside the other', async () => {
    const { kysely } = database()
    const registryOf = (tenant: string) =>
      createRegistry(database().asTenant(tenant), { tokenLifetimeMs: DAY, rotationGraceMs: DAY })
    const roleOf = async (on: typeof kysely) => {
      const { rows } = await sql<{ role: string }>`
        select current_user || ' ' || coalesce(acting_tenant(), '') as role`.execute(on)
      return rows[0]?.role
    }
    await database().atomically(async () => {
      await registryOf('acme').create(domainOf('acme'))
      await registryOf('globex').create(domainOf('globex'))
      const acme = database().asTenant('acme').kysely
      await acme.transaction().execute(async (inner) => {
        expect(await roleOf(inner)).toBe('mooring_tenant acme')
        expect(await roleOf(kysely)).toBe('mooring_app ')
        const lists = await Promise.all(
          ['acme', 'globex', 'acme'].map((tenant) => registryOf(tenant).list({}, { limit: 9, cursor: null })),
        )
        expect(lists.map(({ data }) => data.map(({ domain }) => domain.tenant))).toEqual([
          ['acme'],
          ['globex'],
          ['acme'],
        ])
        expect(await roleOf(inner)).toBe('mooring_tenant acme')
      })
      const failing = acme.transaction().execute(async (inner) => {
        await sql`update domains set metadata = '{"lost": true}'`.execute(inner)
        await sql`select * from hostnames`.execute(inner)
      })
      await expect(failing).rejects.toThrow('permission denied')
      expect(await roleOf(kysely)).toBe('mooring_app ')
    })
    expect(await roleOf(kysely)).toBe('mooring_app ')
    const { rows } = await database().pool.query('select tenant, metadata from domains order by 1')
    expect(rows).toEqual([
      { tenant: 'acme', metadata: {} },
      { tenant: 'globex', metadata: {} },
    ])
  })
})

describe('sealing', () => {
  it('gives each chain its numbers in the order of the changes, without a gap', async () => {
    for (const tenant of ['acme', 'globex', 'acme', '', 'acme']) await write(tenant)
    expect(await sealAll()).toBe(5)
    await write('acme')
    expect(await sealAll()).toBe(1)
    expect((await list('acme')).map(({ seq }) => seq)).toEqual([4, 3, 2, 1])
    expect(await verdicts()).toEqual([
      ['', 1, null],
      ['acme', 4, null],
      ['globex', 1, null],
    ])
    expect(await sealAll()).toBe(0)
  })

  it('waits for a change that is older and not committed yet', async () => {
    const { promise: isHeld, resolve: letGo } = Promise.withResolvers<void>()
    const { promise: hasWritten, resolve: wrote } = Promise.withResolvers<void>()
    const slow = database().atomically(async () => {
      await write('acme')
      wrote()
      await isHeld
    })
    await hasWritten
    const other = openAnother()
    await write('acme', other)
    expect(await sealAll(other)).toBe(0)
    letGo()
    await slow
    expect(await sealAll(other)).toBe(2)
    expect((await list('acme')).map(({ id, seq }) => [id, seq])).toEqual([
      ['2', 2],
      ['1', 1],
    ])
  })

  it('does not fork a chain when several seal at once', async () => {
    for (let row = 0; row < 60; row += 1) await write(row % 2 === 0 ? 'acme' : 'globex')
    const sealers = [database(), openAnother(), openAnother()]
    const sealed = await Promise.all(sealers.map((one) => sealAll(one)))
    expect(sealed.reduce((sum, count) => sum + count)).toBe(60)
    expect(await verdicts()).toEqual([
      ['acme', 30, null],
      ['globex', 30, null],
    ])
  })

  it('goes on where a sealer died in the middle of its batch', async () => {
    await write()
    await write()
    const other = openAnother()
    const dying = other.atomically(async () => {
      await createAuditSealer(other).seal()
      throw new Error('killed')
    })
    await expect(dying).rejects.toThrow('killed')
    expect(await sealAll()).toBe(2)
    expect(await verdicts()).toEqual([['acme', 2, null]])
  })
})

describe('what somebody does to the tables who may do everything', () => {
  const tampered: [string, string, number][] = [
    ['changes a row', `update audit set action = 'nothing' where seq = 2`, 2],
    ['removes one', 'delete from audit where seq = 2', 2],
    ['removes the last one', 'delete from audit where seq = 3', 3],
    [
      'exchanges two',
      'update audit set seq = case seq when 2 then -3 else -2 end where seq > 1; update audit set seq = -seq where seq < 0',
      2,
    ],
    ['puts in another reason', `update audit_personal set fields = fields || '{"why": "no"}' where audit_id = 1`, 1],
    ['sets the head back', `update audit_heads set seq = 2, hash = (select hash from audit where seq = 2)`, 3],
    ['sets its number back', 'update audit_heads set seq = 2', 3],
  ]
  it.each(tampered)('is shown when he %s', async (_what, statement, place) => {
    for (let row = 0; row < 3; row += 1) await write()
    await sealAll()
    await asSuperuser(`alter table audit disable trigger user; ${statement}`)
    expect((await verdicts()).map(([, , at]) => at)).toEqual([place])
  })
})

describe('time', () => {
  const age = (days: number, upTo: number) =>
    asSuperuser(`alter table audit disable trigger user;
      update audit set at = at - interval '${days} days' where id <= ${upTo};
      update audit_personal set at = at - interval '${days} days' where audit_id <= ${upTo};
      alter table audit enable trigger user`)

  it('takes the oldest rows of a chain, and what stays still verifies', async () => {
    for (let row = 0; row < 5; row += 1) await write()
    await write('globex')
    await age(800, 2)
    await sealAll()
    const swept = await createHousekeeping(database()).sweep()
    expect(swept.oldAudit).toBe(2)
    await write()
    await sealAll()
    expect(await verdicts()).toEqual([
      ['acme', 4, null],
      ['globex', 1, null],
    ])
    expect((await createHousekeeping(database()).sweep()).oldAudit).toBe(0)
  })

  it('takes nothing of today, whatever the setting, and nothing that is not sealed', async () => {
    await write()
    await age(800, 1)
    await write()
    const housekeeping = createHousekeeping(database(), { retention: { auditMs: 0, auditPersonalMs: 30 * DAY } })
    expect(await housekeeping.sweep()).toMatchObject({ oldAudit: 0, erasedAudit: 0 })
    await sealAll()
    expect(await housekeeping.sweep()).toMatchObject({ oldAudit: 1 })
    expect(await verdicts()).toEqual([['acme', 1, null]])
  })

  it('erases names, addresses and reasons, salt and all, and the chain still verifies', async () => {
    await write()
    await write()
    await age(100, 1)
    await sealAll()
    expect((await createHousekeeping(database()).sweep()).erasedAudit).toBe(1)
    expect(await verdicts()).toEqual([['acme', 2, null]])
    expect((await list()).map(({ personal }) => personal?.why ?? null)).toEqual(['a reason of Ada’s', null])
    const { rows } = await database().pool.query(
      `select count(*) as holding from audit where id = 1 and to_jsonb(audit)::text ~ 'Ada|192.0.2.7|moor/1'`,
    )
    expect(rows).toEqual([{ holding: 0 }])
  })
})

it('lists in pages, by whoever acted, what and on what', async () => {
  const log = createAuditLog(database())
  for (let row = 0; row < 5; row += 1)
    await log.write(aChange({ subject: row === 3 ? newEdgeId() : 'x' }), { outcome: 'done' })
  await log.write(aChange({ action: 'edges.delete' }), { outcome: 'refused' })
  const reader = createAuditReader(database())
  const first = await reader.list({ action: 'domains.suspend' }, { limit: 3, cursor: null })
  const second = await reader.list({ action: 'domains.suspend' }, { limit: 3, cursor: first.nextCursor })
  expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(['5', '4', '3', '2', '1'])
  expect(second.nextCursor).toBeNull()
  const ofNobody = await reader.list({ actor: 'nobody' }, { limit: 3, cursor: null })
  expect(ofNobody.data).toEqual([])
  expect((await reader.list({ subject: 'x', actor: 'bootstrap' }, { limit: 9, cursor: null })).data).toHaveLength(4)
})
