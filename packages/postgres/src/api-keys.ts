import { timingSafeEqual } from 'node:crypto'
import type { ApiKey, ApiKeyStore, Role } from '@mooring/core'
import { type Selectable, sql } from 'kysely'
import { decodeCursor, microsecondsOf, pageOf, timeOf } from './cursor.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

type KeyRow = Selectable<Tables['api_keys']>

export function createApiKeyStore({ kysely }: Database): ApiKeyStore {
  return {
    async create({ id, hash, name, role, tenant, createdBy, expiresAt }) {
      const values = { id, key_hash: hash, name, role, tenant, created_by: createdBy, expires_at: expiresAt }
      return toApiKey(await kysely.insertInto('api_keys').values(values).returningAll().executeTakeFirstOrThrow())
    },

    async authenticate({ id, hash }) {
      const { rows } = await sql<KeyRow & { unseen: boolean }>`
        select *, coalesce(last_used_at < now() - interval '1 minute', true) as unseen
        from api_keys
        where id = ${id} and revoked_at is null and (expires_at is null or expires_at > now())`.execute(kysely)
      const [row] = rows
      if (row === undefined || !timingSafeEqual(Buffer.from(row.key_hash), Buffer.from(hash))) return null
      if (row.unseen) await sql`update api_keys set last_used_at = now() where id = ${id}`.execute(kysely)
      return { kind: 'key', id, name: row.name, role: row.role as Role, tenant: row.tenant }
    },

    async list({ limit, cursor }) {
      const place = cursor === null ? null : decodeCursor(cursor, ['number', 'text'])
      const { rows } = await sql<KeyRow & { created_us: number }>`
        select *, ${microsecondsOf(sql`created_at`)} as created_us from api_keys
        where ${place === null ? sql`true` : sql`(created_at, id) < (${timeOf(place[0])}, ${place[1]})`}
        order by created_at desc, id desc
        limit ${limit + 1}`.execute(kysely)
      return pageOf(rows, limit, { item: toApiKey, place: (row) => [row.created_us, row.id] })
    },

    async revoke(id) {
      const { rows } = await sql`
        update api_keys set revoked_at = coalesce(revoked_at, now()) where id = ${id} returning id`.execute(kysely)
      return rows.length === 1
    },
  }
}

const toApiKey = (row: KeyRow): ApiKey => ({
  id: row.id,
  name: row.name,
  role: row.role as Role,
  tenant: row.tenant,
  createdAt: row.created_at,
  createdBy: row.created_by,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  revokedAt: row.revoked_at,
})
