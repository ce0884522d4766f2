import type { DomainFilter, Registry } from '@mooring/core'
import { createRegistry, createServiceStore } from '@mooring/postgres'
import { beforeEach, expect, it } from 'vitest'
import { aService } from '../builders/service.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, asSuperuser } = usePostgres()
const TIMES = { tokenLifetimeMs: 86_400_000, rotationGraceMs: 86_400_000 }
/** More than are looked through one by one. */
const MANY = 5_200

let registry: Registry
beforeEach(async () => {
  registry = createRegistry(database(), TIMES)
  const services = createServiceStore(database())
  for (const name of ['web', 'seldom']) await services.put(aService({ name }))
  await asSuperuser(`
    insert into hostnames (hostname) select 'n' || n || '.' || case when n % 40 = 0 then 'bakery' else 'shop' end || '.example'
    from generate_series(1, ${MANY + 40}) n;
    insert into domains (
      id, hostname, claim_era, tenant, state, step, reason, lane, target, verification, tls, edge_pool, created_at
    )
    select 'dom_' || lpad(row_number() over (order by md5(hostname))::text, 8, '0'), hostname, era,
      case when nth % 5 = 0 then 'acme' else 'globex' end,
      case when nth % 30 = 0 then 'verifying' when nth % 31 = 0 then 'failed' else 'active' end, 'reverify',
      case when nth % 30 = 0 then '{"code": "DNS_TXT_MISSING", "actor": "customer"}'::jsonb end, 'normal',
      jsonb_build_object('type', 'proxy', 'service', case when nth <= 40 then 'seldom' else 'web' end),
      '{"method": "txt"}', '{"mode": "auto"}', 'default', now() - nth * interval '1 second'
    from (select hostname, era, row_number() over (order by hostname) as nth from hostnames) as named;
    analyze domains, hostnames`)
})

/** What the filter means, said as plainly as can be. */
async function truth({ service, state, reason, tenant, q }: DomainFilter): Promise<string[]> {
  const { rows } = await database().pool.query(
    `select id, state, tenant, reason ->> 'code' as reason, hostname, target ->> 'service' as service
     from domains order by created_at desc, id desc`,
  )
  return rows
    .filter(
      (row) =>
        row.service === service &&
        (state === undefined || row.state === state) &&
        (reason === undefined || row.reason === reason) &&
        (tenant === undefined || row.tenant === tenant) &&
        (q === undefined || row.hostname.includes(q)),
    )
    .map(({ id }) => id)
}

async function found(filter: DomainFilter): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Registry['list']>> = await registry.list(filter, { limit: 200, cursor })
    ids.push(...page.data.map(({ domain }) => domain.id))
    cursor = page.nextCursor
  } while (cursor !== null)
  return ids
}

it('domains are found by their service, few or many, alone and beside whatever else is asked, in their order', async () => {
  const besides: Omit<DomainFilter, 'service'>[] = [
    {},
    { state: 'active' },
    { state: 'failed' },
    { reason: 'DNS_TXT_MISSING' },
    { actor: 'customer' },
    { tenant: 'acme' },
    { tenant: 'nobody' },
    { tenant: 'acme', state: 'failed' },
    { q: 'bakery' },
    { q: 'n1' },
    { q: 'nowhere' },
    { q: 'bakery', state: 'active' },
  ]
  for (const service of ['web', 'seldom', 'unknown']) {
    for (const filter of besides) {
      const expected = await truth({ service, ...filter, ...(filter.actor && { reason: 'DNS_TXT_MISSING' }) })
      expect(await found({ service, ...filter }), JSON.stringify({ service, ...filter })).toEqual(expected)
    }
  }
  expect((await truth({ service: 'web' })).length).toBe(MANY)
  expect((await truth({ service: 'seldom' })).length).toBe(40)
})
