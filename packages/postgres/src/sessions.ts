import type { Principal, Role, SessionStore } from '@mooring/core'
import { sql } from 'kysely'
import type { Database } from './database.ts'
import { milliseconds } from './due.ts'

export interface SessionTimes {
  /** A session that nobody uses ends. */
  idleMs: number
  /** It ends, however much it is used. */
  absoluteMs: number
}

interface SessionRow {
  credential: string
  unseen: boolean
  user_id: string | null
  user_name: string
  user_role: Role
  key_id: string | null
  key_name: string
  key_role: Role
  key_tenant: string | null
}

const MINUTE_MS = 60_000
const BATCH = 1_000

export function createSessionStore({ kysely }: Database, { idleMs, absoluteMs }: SessionTimes): SessionStore {
  const isOver = sql`(expires_at <= now() or used_at <= now() - ${milliseconds(idleMs)})`
  // Seldom enough to cost nothing, often enough for the idle time.
  const noteAfter = milliseconds(Math.min(MINUTE_MS, idleMs / 4))

  return {
    async start({ hash, userId, keyId, credential }) {
      await sql`
        with swept as (
          delete from sessions where token_hash in (select token_hash from sessions where ${isOver} limit ${BATCH})
        ), seen as (
          update users set last_seen_at = now() where id = ${userId}
        )
        insert into sessions (token_hash, user_id, key_id, credential, expires_at)
        values (${hash}, ${userId}, ${keyId}, ${credential}, now() + ${milliseconds(absoluteMs)})`.execute(kysely)
    },

    async find(hash) {
      const { rows } = await sql<SessionRow>`
        select s.credential, s.used_at < now() - ${noteAfter} as unseen,
          u.id as user_id, u.name as user_name, u.role as user_role,
          k.id as key_id, k.name as key_name, k.role as key_role, k.tenant as key_tenant
        from sessions s
        left join users u on u.id = s.user_id
        left join api_keys k on k.id = s.key_id
        where s.token_hash = ${hash} and s.expires_at > now() and s.used_at > now() - ${milliseconds(idleMs)}
          and u.disabled_at is null
          and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`.execute(kysely)
      const [row] = rows
      if (row === undefined) return null
      if (row.unseen) await noteUse(hash, row)
      return { credential: row.credential, principal: principalOf(row) }
    },

    async end(hash) {
      await kysely.deleteFrom('sessions').where('token_hash', '=', hash).execute()
    },
  }

  async function noteUse(hash: string, { user_id: userId, key_id: keyId }: SessionRow): Promise<void> {
    await sql`
      with noted as (
        update sessions set used_at = now() where token_hash = ${hash}
      ), seen as (
        update users set last_seen_at = now() where id = ${userId}
      )
      update api_keys set last_used_at = now() where id = ${keyId}`.execute(kysely)
  }
}

function principalOf(row: SessionRow): Principal | null {
  if (row.user_id !== null) {
    return { kind: 'user', id: row.user_id, name: row.user_name, role: row.user_role, tenant: null }
  }
  if (row.key_id === null) return null
  return { kind: 'key', id: row.key_id, name: row.key_name, role: row.key_role, tenant: row.key_tenant }
}
