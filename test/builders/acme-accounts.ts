import { isDeepStrictEqual } from 'node:util'
import { type AcmeAccount, type AcmeAccounts, AppError } from '@mooring/core'

/** ACME accounts of one test, as the table in Postgres keeps them: the first key stands. */
export function memoryAcmeAccounts(): AcmeAccounts {
  const rows = new Map<string, AcmeAccount>()
  const change = (id: string, changed: (row: AcmeAccount) => Partial<AcmeAccount>): AcmeAccount => {
    const row = rows.get(id)
    if (row === undefined) throw new AppError('INTERNAL', `There is no ACME account for ${id}.`)
    const after = { ...row, ...changed(row) }
    rows.set(id, after)
    return after
  }
  return {
    load: async (id) => rows.get(id) ?? null,
    save: async (id, sealedKey) => {
      const row = rows.get(id) ?? { sealedKey, nextSealedKey: null, accountUrl: null, deactivatedAt: null }
      rows.set(id, row)
      return row
    },
    saveUrl: async (id, accountUrl) => void change(id, () => ({ accountUrl })),
    saveNext: async (id, next) => {
      const nextSealedKey = rows.get(id)?.nextSealedKey ?? next
      return { ...change(id, () => ({ nextSealedKey })), nextSealedKey }
    },
    promoteNext: async (id, next) =>
      change(id, ({ nextSealedKey }) =>
        isDeepStrictEqual(nextSealedKey, next) ? { sealedKey: next, nextSealedKey: null } : {},
      ),
    saveDeactivated: async (id, at) => void change(id, ({ deactivatedAt }) => ({ deactivatedAt: deactivatedAt ?? at })),
  }
}
