import type { DnsZone, DnsZoneStore } from '@mooring/core'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

type ZoneRow = Selectable<Tables['dns_zones']>

export function createDnsZoneStore({ kysely }: Database): DnsZoneStore {
  return {
    async create({ id, name, tenant, account, sealedCredentials, createdAt }) {
      const { rows } = await sql`
        insert into dns_zones (id, name, tenant, account, sealed_credentials, created_at)
        values (
          ${id}, ${name}, ${tenant}, ${JSON.stringify(account)}::jsonb, ${JSON.stringify(sealedCredentials)}::jsonb,
          ${createdAt}
        )
        on conflict (name) do nothing
        returning id`.execute(kysely)
      return rows.length === 1 ? 'created' : 'exists'
    },

    async find(id) {
      const row = await kysely.selectFrom('dns_zones').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? null : toZone(row)
    },

    async list() {
      return (await kysely.selectFrom('dns_zones').selectAll().orderBy('name').execute()).map(toZone)
    },

    async remove(id) {
      // A zone inside another takes the names below it: they do not lie in the other one.
      const { rows } = await sql<{ removed: boolean }>`
        with zone as (
          select id, name from dns_zones where id = ${id} for update
        ), removed as (
          delete from dns_zones using zone
          where dns_zones.id = zone.id and not exists (
            select from domains
            where state <> 'deprovisioned' and verification ->> 'method' = 'managed'
              and ${liesIn(sql`domains.hostname`, sql`zone.name`)} and ${zoneHolding(sql`domains`)} = zone.id
          )
          returning dns_zones.id
        )
        select exists (select from removed) as removed from zone`.execute(kysely)
      if (rows[0] === undefined) return 'not_found'
      return rows[0].removed ? 'removed' : 'in_use'
    },

    async holding(hostname, tenant) {
      const { rows } = await sql<ZoneRow>`
        select z.* from (select ${hostname}::text as hostname, ${tenant}::text as tenant) as asked
        join dns_zones z on z.id = ${zoneHolding(sql`asked`)}`.execute(kysely)
      const row = rows[0]
      return row === undefined ? null : { ...toZone(row), sealedCredentials: row.sealed_credentials }
    },
  }
}

/** The id of the zone with the longest name that holds the row's `hostname` and is open to its `tenant`. */
export const zoneHolding = (row: RawBuilder<unknown>): RawBuilder<string | null> => sql<string | null>`(
  select zones.id from dns_zones zones
  where ${liesIn(sql`${row}.hostname`, sql`zones.name`)} and (zones.tenant is null or zones.tenant = ${row}.tenant)
  order by length(zones.name) desc
  limit 1
)`

// Not LIKE: an underscore in a name would match anything.
const liesIn = (hostname: RawBuilder<unknown>, zone: RawBuilder<unknown>): RawBuilder<boolean> =>
  sql<boolean>`(${hostname} = ${zone} or right(${hostname}, length(${zone}) + 1) = '.' || ${zone})`

const toZone = ({ id, name, tenant, account, created_at: createdAt }: ZoneRow): DnsZone => ({
  id,
  name,
  tenant,
  account,
  createdAt,
})
