import type { AcmeAccount, AcmeAccounts, SealedKey } from '@mooring/core'
import { sql } from 'kysely'
import type { Database } from './database.ts'

export function createAcmeAccounts({ kysely }: Database): AcmeAccounts {
  const load = async (directoryUrl: string): Promise<AcmeAccount | null> => {
    const { rows } = await sql<AcmeAccountRow>`
      select sealed_key, account_url from acme_accounts where directory_url = ${directoryUrl}`.execute(kysely)
    return rows[0] === undefined ? null : toAccount(rows[0])
  }

  return {
    load,

    async save(directoryUrl, sealedKey) {
      // The update changes nothing; it is there because `do nothing` would not return the row that stands.
      const { rows } = await sql<AcmeAccountRow>`
        insert into acme_accounts as a (directory_url, sealed_key)
        values (${directoryUrl}, ${JSON.stringify(sealedKey)}::jsonb)
        on conflict (directory_url) do update set sealed_key = a.sealed_key
        returning sealed_key, account_url`.execute(kysely)
      return toAccount(rows[0] as AcmeAccountRow)
    },

    async saveUrl(directoryUrl, accountUrl) {
      await sql`update acme_accounts set account_url = ${accountUrl} where directory_url = ${directoryUrl}`.execute(
        kysely,
      )
    },
  }
}

interface AcmeAccountRow {
  sealed_key: SealedKey
  account_url: string | null
}

const toAccount = (row: AcmeAccountRow): AcmeAccount => ({ sealedKey: row.sealed_key, accountUrl: row.account_url })
