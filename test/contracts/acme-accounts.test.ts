import type { AcmeAccounts, SealedKey } from '@mooring/core'
import { createAcmeAccounts } from '@mooring/postgres'
import { describe, expect, it } from 'vitest'
import { memoryAcmeAccounts } from '../builders/acme-accounts.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
const id = 'https://ca.example/dir'
const aKey = (ciphertext: string): SealedKey => ({
  version: 1,
  kek: '00',
  wrappedDataKey: 'd',
  nonce: 'n',
  ciphertext,
})

describe.each<[string, () => AcmeAccounts]>([
  ['postgres', () => createAcmeAccounts(database())],
  ['memory', memoryAcmeAccounts],
])('ACME accounts in %s', (_where, open) => {
  it('are one per id, whoever comes first', async () => {
    const accounts = open()
    expect(await accounts.load(id)).toBeNull()
    const saved = await Promise.all(['a', 'b', 'c', 'd'].map((key) => accounts.save(id, aKey(key))))
    const winner = await accounts.load(id)
    expect(saved).toEqual(Array.from({ length: 4 }, () => winner))
    expect(winner).toMatchObject({ accountUrl: null, nextSealedKey: null, deactivatedAt: null })
  })

  it('keep the URL that the CA gave them', async () => {
    const accounts = open()
    await accounts.save(id, aKey('a'))
    await accounts.saveUrl(id, 'https://ca.example/acct/1')
    expect(await accounts.save(id, aKey('b'))).toEqual({
      sealedKey: aKey('a'),
      nextSealedKey: null,
      accountUrl: 'https://ca.example/acct/1',
      deactivatedAt: null,
    })
  })

  it('have one next key, whoever comes first', async () => {
    const accounts = open()
    await accounts.save(id, aKey('a'))
    const saved = await Promise.all(['b', 'c', 'd'].map((key) => accounts.saveNext(id, aKey(key))))
    expect(new Set(saved.map(({ nextSealedKey }) => nextSealedKey?.ciphertext)).size).toBe(1)
    expect(await accounts.load(id)).toEqual(saved[0])
    expect(saved[0]?.sealedKey).toEqual(aKey('a'))
  })

  it('promote the next key once, and no other', async () => {
    const accounts = open()
    await accounts.save(id, aKey('a'))
    await accounts.saveNext(id, aKey('b'))
    expect(await accounts.promoteNext(id, aKey('other'))).toMatchObject({ sealedKey: aKey('a') })
    const promoted = await Promise.all([1, 2, 3].map(() => accounts.promoteNext(id, aKey('b'))))
    for (const account of promoted) expect(account).toMatchObject({ sealedKey: aKey('b'), nextSealedKey: null })
    await accounts.saveNext(id, aKey('c'))
    expect(await accounts.promoteNext(id, aKey('b'))).toMatchObject({
      sealedKey: aKey('b'),
      nextSealedKey: aKey('c'),
    })
  })

  it('remember when they were given up first', async () => {
    const accounts = open()
    await accounts.save(id, aKey('a'))
    const [first, second] = [new Date('2026-08-01T00:00:00Z'), new Date('2026-08-02T00:00:00Z')]
    await accounts.saveDeactivated(id, first)
    await accounts.saveDeactivated(id, second)
    expect((await accounts.load(id))?.deactivatedAt).toEqual(first)
  })

  it('say that there is none to change', async () => {
    await expect(open().saveNext(id, aKey('b'))).rejects.toThrow(`There is no ACME account for ${id}`)
    await expect(open().promoteNext(id, aKey('b'))).rejects.toThrow(`There is no ACME account for ${id}`)
  })
})
