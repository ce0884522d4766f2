import type { AcmeAccount, AcmeAccounts } from '@mooring/core'

/** ACME accounts of one test, as the table in Postgres keeps them: the first key stands. */
export function memoryAcmeAccounts(): AcmeAccounts {
  const rows = new Map<string, AcmeAccount>()
  return {
    load: async (directoryUrl) => rows.get(directoryUrl) ?? null,
    save: async (directoryUrl, sealedKey) => {
      const row = rows.get(directoryUrl) ?? { sealedKey, accountUrl: null }
      rows.set(directoryUrl, row)
      return row
    },
    saveUrl: async (directoryUrl, accountUrl) => {
      const row = rows.get(directoryUrl)
      if (row !== undefined) rows.set(directoryUrl, { ...row, accountUrl })
    },
  }
}
