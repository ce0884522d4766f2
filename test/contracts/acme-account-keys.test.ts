import { CaProblem, type Hostname } from '@mooring/core'
import { type AcmeIssuer, createAcmeAuthority, createAcmeIssuer, createLeafKeyAndCsr } from '@mooring/providers'
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryAcmeAccounts } from '../builders/acme-accounts.ts'
import { type AcmeFixture, startAcmeFixture } from './acme-fixture.ts'
import { chainOf, newHostname, place } from './issuer.contract.ts'
import { problem } from './scripted-ca.ts'
import { refused, useScriptedCa, withBody } from './use-scripted-ca.ts'

const { signal } = new AbortController()

describe('an ACME account at Pebble', () => {
  let fixture: AcmeFixture
  let open: { close(): Promise<void> }[] = []
  beforeAll(async () => void (fixture = await startAcmeFixture()))
  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()))
    await fixture?.stop()
  })

  /** Processes of one fleet, which share what is stored. */
  function newFleet() {
    const accounts = memoryAcmeAccounts()
    const options = { ...fixture.options, accounts }
    const start = (changed: Partial<typeof accounts> = {}) => {
      const issuer = createAcmeIssuer({ ...options, accounts: { ...accounts, ...changed } })
      open.push(issuer)
      return issuer
    }
    const stored = async () => {
      const account = await accounts.load(options.directoryUrl)
      if (account === null) throw new Error('no account is stored')
      return account
    }
    return { accounts, options, start, stored }
  }

  async function issue(issuer: AcmeIssuer, hostname: Hostname = newHostname()): Promise<string> {
    const order = await place(issuer, hostname)
    await fixture.publish(hostname, order.challenges)
    expect(await issuer.validate(order, signal)).toEqual({ status: 'ready' })
    return chainOf(issuer, { order, csrDer: createLeafKeyAndCsr(hostname).csrDer })
  }

  const crash = () => Promise.reject(new Error('the process died'))

  it('gets another key, by which every process goes on, and the CA knows no other', async () => {
    const { options, start, stored } = newFleet()
    const [one, two] = [start(), start()]
    const chainPem = await issue(one)
    await issue(two)
    const before = await stored()
    await one.rolloverAccountKey(signal)

    const after = await stored()
    expect(after.sealedKey).not.toEqual(before.sealedKey)
    expect(after).toMatchObject({ nextSealedKey: null, accountUrl: before.accountUrl })
    for (const issuer of [one, two, start()]) await issue(issuer)
    await two.revoke(chainPem, signal)

    const thief = createAcmeIssuer({ ...options, accounts: { ...memoryAcmeAccounts(), load: async () => before } })
    open.push(thief)
    await expect(place(thief, newHostname())).rejects.toMatchObject({
      name: 'CaProblem',
      type: expect.stringMatching(/^(malformed|unauthorizedAccount)$/),
    })
  })

  it('has its new key though the process died when the CA had just taken it', async () => {
    const { start, stored } = newFleet()
    const witness = start()
    await issue(witness)
    const before = await stored()
    await expect(start({ promoteNext: crash }).rolloverAccountKey(signal)).rejects.toThrow('the process died')
    const { nextSealedKey } = await stored()
    expect(nextSealedKey).not.toBeNull()

    // One that knew the old key, and one that knew nothing.
    await Promise.all([issue(witness), issue(start())])
    expect(await stored()).toEqual({ ...before, sealedKey: nextSealedKey, nextSealedKey: null })
  })

  it('keeps its old key when the process died before the CA heard, and takes the same new one later', async () => {
    const { accounts, options, start, stored } = newFleet()
    await issue(start())
    const { sealedKey } = await stored()
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    const next = options.custody.seal(pem, { ownerId: 'acme-account', secretId: options.directoryUrl })
    await accounts.saveNext(options.directoryUrl, next)

    await issue(start())
    expect(await stored()).toMatchObject({ sealedKey, nextSealedKey: next })
    await start().rolloverAccountKey(signal)
    expect(await stored()).toMatchObject({ sealedKey: next, nextSealedKey: null })
    await issue(start())
  })

  it('tells the CA nothing when the next key could not be stored', async () => {
    const { start, stored } = newFleet()
    await issue(start())
    const before = await stored()
    await expect(start({ saveNext: crash }).rolloverAccountKey(signal)).rejects.toThrow('the process died')
    expect(await stored()).toEqual(before)
    await issue(start())
  })

  it('gets another key from two processes at once', async () => {
    const { start, stored } = newFleet()
    const [one, two] = [start(), start()]
    await Promise.all([one.register(signal), two.register(signal)])
    const before = await stored()
    await Promise.all([one.rolloverAccountKey(signal), two.rolloverAccountKey(signal)])
    expect((await stored()).sealedKey).not.toEqual(before.sealedKey)
    expect(await stored()).toMatchObject({ nextSealedKey: null, accountUrl: before.accountUrl })
    for (const issuer of [one, two, start()]) await issue(issuer)
  })

  it('gets a third key from a process that is overtaken by another one’s change', async () => {
    const { accounts, start, stored } = newFleet()
    const one = start()
    await one.register(signal)
    const before = await stored()
    const overtaken = start({
      saveNext: async (id, next) => {
        await one.rolloverAccountKey(signal)
        return accounts.saveNext(id, next)
      },
    })
    await overtaken.rolloverAccountKey(signal)
    expect(await stored()).toMatchObject({ nextSealedKey: null, accountUrl: before.accountUrl })
    for (const issuer of [one, overtaken, start()]) await issue(issuer)
  })

  it('is given up for good, by whichever process and however often', async () => {
    const { start, stored } = newFleet()
    const [one, two] = [start(), start()]
    await Promise.all([issue(one), issue(two)])
    await one.deactivateAccount(signal)
    await one.deactivateAccount(signal)
    await start().deactivateAccount(signal)
    expect((await stored()).deactivatedAt).toBeInstanceOf(Date)
    for (const issuer of [one, two, start()]) {
      const refusal = await place(issuer, newHostname()).catch((error: unknown) => error)
      expect(refusal).toMatchObject({ name: 'CaProblem', type: 'unauthorizedAccount' })
      expect((refusal as CaProblem).message).toContain('was deactivated at')
    }
  })

  it('is given up though the process died when the CA had just done it, and says so meanwhile', async () => {
    const { start, stored } = newFleet()
    const witness = start()
    const hostname = newHostname()
    const order = await place(witness, hostname)
    await fixture.publish(hostname, order.challenges)
    await expect(start({ saveDeactivated: crash }).deactivateAccount(signal)).rejects.toThrow('the process died')
    const { accountUrl } = await stored()
    for (const call of [
      () => place(witness, newHostname()),
      () => place(start(), newHostname()),
      () => start().rolloverAccountKey(signal),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: 'CaProblem', type: 'unauthorizedAccount' })
    }
    await start().deactivateAccount(signal)
    expect(await stored()).toMatchObject({ accountUrl, deactivatedAt: expect.any(Date) })
  })

  it('need not exist to be given up', async () => {
    const { accounts, options, start } = newFleet()
    await start().deactivateAccount(signal)
    expect(await accounts.load(options.directoryUrl)).toBeNull()
  })

  it('is one of several, each with a key, a name and orders of its own', async () => {
    const { accounts, options } = newFleet()
    const authority = createAcmeAuthority({ ...options, name: 'pebble', accountCount: 3 })
    open.push(authority)
    const [one, two, three] = authority.accounts as [AcmeIssuer, AcmeIssuer, AcmeIssuer]
    expect(authority.accounts.map(({ name }) => name)).toEqual(['pebble', 'pebble/2', 'pebble/3'])
    await Promise.all(authority.accounts.map((issuer) => issue(issuer)))

    const ids = [options.directoryUrl, `${options.directoryUrl}#2`, `${options.directoryUrl}#3`]
    const stored = await Promise.all(ids.map((id) => accounts.load(id)))
    expect(new Set(stored.map((account) => account?.accountUrl)).size).toBe(3)

    const order = await place(two, newHostname())
    await expect(three.validate(order, signal)).rejects.toMatchObject({ type: 'orderInvalid' })
    await two.deactivateAccount(signal)
    await expect(place(two, newHostname())).rejects.toMatchObject({ type: 'unauthorizedAccount' })
    await Promise.all([issue(one), issue(three)])
  })
})

describe('an ACME account at a CA whose answers are lost', () => {
  const { ca, newIssuer } = useScriptedCa()
  const hostname = 'shop.example.com' as Hostname

  it('has its new key though the connection was cut when the CA had just taken it', async () => {
    const issuer = newIssuer()
    await place(issuer, hostname)
    ca().next('keyChange', (usual) => ({ ...usual, cuts: true }))
    await issuer.rolloverAccountKey(signal)
    await place(issuer, hostname)
    await place(newIssuer(), hostname)
    expect(ca().accounts()).toHaveLength(1)
  })

  it('has its new key though the process died while it waited for the answer', async () => {
    const [issuer, dying] = [newIssuer(), new AbortController()]
    await place(issuer, hostname)
    ca().next('keyChange', (usual) => {
      dying.abort()
      return { ...usual, hangs: true }
    })
    await expect(newIssuer().rolloverAccountKey(dying.signal)).rejects.toThrow()
    await place(newIssuer(), hostname)
    await place(issuer, hostname)
    expect(ca().accounts()).toHaveLength(1)
  })

  it('keeps its key where the CA refuses another, or names no address for that', async () => {
    const issuer = newIssuer()
    ca().next('keyChange', problem('rateLimited', 'later', 429, { 'retry-after': '60' }))
    expect(await refused(issuer.rolloverAccountKey(signal))).toMatchObject({ type: 'rateLimited', status: 429 })
    await place(issuer, hostname)
    ca().always('directory', withBody({ keyChange: undefined }))
    expect(await refused(newIssuer().rolloverAccountKey(signal))).toMatchObject({ type: 'unexpectedAnswer' })
    await place(newIssuer(), hostname)
  })

  it('is given up though the connection was cut when the CA had just done it', async () => {
    const accounts = memoryAcmeAccounts()
    const issuer = newIssuer({ accounts })
    await issuer.register(signal)
    ca().next('account', (usual) => ({ ...usual, cuts: true }))
    await issuer.deactivateAccount(signal)
    expect(await refused(place(newIssuer({ accounts }), hostname))).toMatchObject({ type: 'unauthorizedAccount' })
    expect(ca().accounts()).toMatchObject([{ status: 'deactivated' }])
  })

  it('is taken for none of ours when the CA answers 401 to what it signs', async () => {
    const issuer = newIssuer()
    const order = await place(issuer, hostname)
    ca().next('challenge', problem('unauthorized', 'The account is deactivated.', 401))
    expect(await refused(issuer.validate(order, signal))).toMatchObject({ type: 'unauthorizedAccount', status: 401 })
  })

  it('is not stored when the CA says that it is deactivated or revoked', async () => {
    for (const status of ['deactivated', 'revoked', 'haunted']) {
      const accounts = memoryAcmeAccounts()
      ca().next('account', withBody({ status }))
      expect(await refused(newIssuer({ accounts }).register(signal)), status).toMatchObject({
        type: status === 'haunted' ? 'unexpectedAnswer' : 'unauthorizedAccount',
      })
      expect(await accounts.load(ca().directoryUrl)).toMatchObject({ accountUrl: null })
    }
  })
})
