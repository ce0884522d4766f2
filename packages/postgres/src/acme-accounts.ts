import { type AcmeAccount, type AcmeAccounts, AppError, type SealedKey } from '@mooring/core'
import { type RawBuilder, sql } from 'kysely'
import type { Database } from './database.ts'

const COLUMNS = sql.raw('sealed_key, next_sealed_key, account_url, deactivated_at')

export function createAcmeAccounts({ kysely }: Database): AcmeAccounts {
  const first = async (query: RawBuilder<AcmeAccountRow>): Promise<AcmeAccount | null> => {
    const { rows } = await query.execute(kysely)
    return rows[0] === undefined ? null : toAccount(rows[0])
  }
  const load = (id: string) =>
    first(sql<AcmeAccountRow>`select ${COLUMNS} from acme_accounts where directory_url = ${id}`)
  const stored = async (id: string): Promise<AcmeAccount> => (await load(id)) ?? missing(id)

  return {
    load,

    async save(id, sealedKey) {
      // The update changes nothing; it is there because `do nothing` would not return the row that stands.
      const account = await first(sql<AcmeAccountRow>`
        insert into acme_accounts as a (directory_url, sealed_key)
        values (${id}, ${json(sealedKey)})
        on conflict (directory_url) do update set sealed_key = a.sealed_key
        returning ${COLUMNS}`)
      return account ?? missing(id)
    },

    async saveUrl(id, accountUrl) {
      await sql`update acme_accounts set account_url = ${accountUrl} where directory_url = ${id}`.execute(kysely)
    },

    async saveNext(id, nextSealedKey) {
      const account = await first(sql<AcmeAccountRow>`
        update acme_accounts set next_sealed_key = coalesce(next_sealed_key, ${json(nextSealedKey)})
        where directory_url = ${id}
        returning ${COLUMNS}`)
      return { ...(account ?? missing(id)), nextSealedKey: account?.nextSealedKey ?? nextSealedKey }
    },

    async promoteNext(id, nextSealedKey) {
      // Of several processes that learn it at once one promotes; to the others the next key is none any more.
      const promoted = await first(sql<AcmeAccountRow>`
        update acme_accounts set sealed_key = next_sealed_key, next_sealed_key = null
        where directory_url = ${id} and next_sealed_key = ${json(nextSealedKey)}
        returning ${COLUMNS}`)
      return promoted ?? stored(id)
    },

    async saveDeactivated(id, at) {
      await sql`
        update acme_accounts set deactivated_at = coalesce(deactivated_at, ${at})
        where directory_url = ${id}`.execute(kysely)
    },
  }
}

const json = (key: SealedKey) => sql`${JSON.stringify(key)}::jsonb`

function missing(id: string): never {
  throw new AppError('INTERNAL', `There is no ACME account for ${id}: somebody removed it meanwhile.`)
}

interface AcmeAccountRow {
  sealed_key: SealedKey
  next_sealed_key: SealedKey | null
  account_url: string | null
  deactivated_at: Date | null
}

const toAccount = (row: AcmeAccountRow): AcmeAccount => ({
  sealedKey: row.sealed_key,
  nextSealedKey: row.next_sealed_key,
  accountUrl: row.account_url,
  deactivatedAt: row.deactivated_at,
})
