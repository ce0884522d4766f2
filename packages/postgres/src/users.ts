import type { Role, User, UserStore } from '@mooring/core'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import { decodeCursor, microsecondsOf, pageOf, timeOf } from './cursor.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'
import { inTransaction } from './transaction.ts'

type UserRow = Selectable<Tables['users']>

/** Local users have a password here; others come by an identity provider, which says their role. */
export function createUserStore({ kysely }: Database): UserStore {
  return {
    async create({ id, email, name, role, passwordHash }) {
      const { rows } = await sql<UserRow>`
        insert into users (id, email, name, role, password_hash)
        values (${id}, ${addressOf(email)}, ${name}, ${role}, ${passwordHash})
        on conflict do nothing
        returning *`.execute(kysely)
      return rows[0] === undefined ? null : toUser(rows[0])
    },

    async createFirstAdmin({ id, email, name, passwordHash }) {
      // Two processes that start together choose the same address, which is one user's.
      const { rows } = await sql`
        insert into users (id, email, name, role, password_hash)
        select ${id}, ${addressOf(email)}, ${name}, 'admin', ${passwordHash}
        where not exists (select from users where ${IS_LOCAL_ADMIN})
        on conflict do nothing
        returning id`.execute(kysely)
      return rows.length === 1
    },

    async hasLocalAdmin() {
      const { rows } = await sql`select from users where ${IS_LOCAL_ADMIN} limit 1`.execute(kysely)
      return rows.length > 0
    },

    async findLocal(email) {
      const { rows } = await sql<{ id: string; passwordHash: string }>`
        select id, password_hash as "passwordHash" from users
        where email = ${addressOf(email)} and oidc_issuer is null and password_hash is not null
          and disabled_at is null`.execute(kysely)
      return rows[0] ?? null
    },

    async admit(id, { issuer, subject, email, name, role }) {
      const { rows } = await sql<UserRow>`
        insert into users as u (id, email, name, role, oidc_issuer, oidc_subject)
        values (${id}, ${addressOf(email)}, ${name}, ${role}, ${issuer}, ${subject})
        on conflict (oidc_issuer, oidc_subject) do update
        set email = excluded.email, name = excluded.name, role = excluded.role
        where u.disabled_at is null
        returning *`.execute(kysely)
      return rows[0] === undefined ? null : toUser(rows[0])
    },

    async list({ limit, cursor }) {
      const place = cursor === null ? null : decodeCursor(cursor, ['number', 'text'])
      const { rows } = await sql<UserRow & { created_us: number }>`
        select *, ${microsecondsOf(sql`created_at`)} as created_us from users
        where ${place === null ? sql`true` : sql`(created_at, id) < (${timeOf(place[0])}, ${place[1]})`}
        order by created_at desc, id desc
        limit ${limit + 1}`.execute(kysely)
      return pageOf(rows, limit, { item: toUser, place: (row) => [row.created_us, row.id] })
    },

    async change(id, { name, role, passwordHash, disabled }) {
      return inTransaction(kysely, async (transaction) => {
        const row = await transaction
          .selectFrom('users')
          .selectAll()
          .where('id', '=', id)
          .forUpdate()
          .executeTakeFirst()
        if (row === undefined) return null
        const asksForMore = name !== undefined || role !== undefined || passwordHash !== undefined
        if (row.oidc_issuer !== null && asksForMore) return 'managed'
        const { rows } = await sql<UserRow>`
          update users set
            name = ${name ?? row.name}, role = ${role ?? row.role}, password_hash = ${passwordHash ?? row.password_hash},
            disabled_at = ${disabledAt(disabled)}
          where id = ${id}
          returning *`.execute(transaction)
        if (passwordHash !== undefined || disabled === true) {
          await sql`delete from sessions where user_id = ${id}`.execute(transaction)
        }
        return rows[0] === undefined ? null : toUser(rows[0])
      })
    },

    async remove(id) {
      const { rows } = await sql`delete from users where id = ${id} returning id`.execute(kysely)
      return rows.length === 1
    },
  }
}

const IS_LOCAL_ADMIN = sql<boolean>`
  role = 'admin' and oidc_issuer is null and password_hash is not null and disabled_at is null`

function disabledAt(disabled: boolean | undefined): RawBuilder<unknown> {
  if (disabled === undefined) return sql`disabled_at`
  return disabled ? sql`coalesce(disabled_at, now())` : sql`null`
}

/** The part before the @ may be told apart by case (RFC 5321 §2.4), but nobody does. */
const addressOf = (email: string): string => email.toLowerCase()

const toUser = (row: UserRow): User => ({
  id: row.id,
  email: row.email,
  name: row.name,
  role: row.role as Role,
  createdAt: row.created_at,
  disabledAt: row.disabled_at,
  lastSeenAt: row.last_seen_at,
})
