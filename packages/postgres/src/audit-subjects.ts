import { type RawBuilder, sql } from 'kysely'

/**
 * What the audit holds of a row before and after a change, by the first part of its id: these columns and no others, so that
 * no secret can get there. `personal` is what people typed, or who they are: it is erased sooner.
 */
interface Shown {
  table: string
  facts: Record<string, string>
  personal?: Record<string, string>
}

const columns = (...names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, name]))

const SHOWN: Record<string, Shown> = {
  dom: {
    table: 'domains',
    facts: {
      ...columns(
        'hostname',
        'tenant',
        'state',
        'step',
        'tls',
        'edge_pool',
        'suspension',
        'holds',
        'revoke',
        'delete_after',
      ),
      reason: `reason ->> 'code'`,
      verification: `jsonb_build_object('method', verification -> 'method', 'issued_at', verification -> 'issuedAt')`,
      renew_at: 'renew_at',
      certificate_id: 'certificate_id',
      consents: 'array(select c.tenant from consents c where c.domain_id = subject.id order by 1)',
    },
    // As `erase` of a domain has it.
    personal: columns('target', 'metadata'),
  },
  key: { table: 'api_keys', facts: columns('name', 'role', 'tenant', 'expires_at', 'revoked_at') },
  user: { table: 'users', facts: columns('role', 'disabled_at'), personal: columns('email', 'name') },
  edge: { table: 'edges', facts: { ...columns('name', 'quarantined_at'), pool: 'edge_pool' } },
  zone: { table: 'dns_zones', facts: { ...columns('name', 'tenant'), provider: `account ->> 'provider'` } },
  sil: { table: 'silences', facts: columns('code', 'tenant', 'until'), personal: columns('why') },
  con: { table: 'contacts', facts: columns('tenant', 'domain_id', 'locale'), personal: columns('email') },
  whk: {
    table: 'webhooks',
    facts: columns('tenant', 'types', 'disabled_at', 'disabled_because'),
    personal: columns('url', 'description'),
  },
}

const ID = /^([a-z]+)_[0-9a-f-]{36}$/

/** A jsonb object with `facts` and `personal` of the row that has this id, as it is now; null without such a row. */
export function subjectNow(id: string | null): RawBuilder<unknown> {
  const shown = SHOWN[ID.exec(id ?? '')?.[1] ?? '']
  if (shown === undefined) return sql`null::jsonb`
  const { table, facts, personal } = shown
  return sql`(
    select jsonb_build_object('facts', ${object(facts)}, 'personal', ${personal === undefined ? sql`null` : object(personal)})
    from ${sql.table(table)} subject where subject.id = ${id}
  )`
}

const object = (fields: Record<string, string>): RawBuilder<unknown> =>
  sql`jsonb_build_object(${sql.join(Object.entries(fields).map(([name, expression]) => sql`${sql.lit(name)}, ${sql.raw(expression)}`))})`
