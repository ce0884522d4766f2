import { randomBytes } from 'node:crypto'
import { CaProblem, type Hostname, createKeyCustody } from '@mooring/core'
import { type AcmeIssuer, type AcmeIssuerOptions, createAcmeIssuer, createLeafKeyAndCsr } from '@mooring/providers'
import { afterEach, beforeEach, expect } from 'vitest'
import { memoryAcmeAccounts } from '../builders/acme-accounts.ts'
import { chainOf, place } from './issuer.contract.ts'
import { type Script, type ScriptedCa, type ScriptedCaOptions, startScriptedCa } from './scripted-ca.ts'

/** A scripted CA for each test, and issuers that are closed after it. All issuers of a file share the account. */
export function useScriptedCa(caOptions: ScriptedCaOptions = {}) {
  let ca: ScriptedCa | null = null
  let issuers: { close(): Promise<void> }[] = []
  const accounts = memoryAcmeAccounts()
  const custody = createKeyCustody(randomBytes(32).toString('hex'))
  const started = (): ScriptedCa => {
    if (ca === null) throw new Error('The scripted CA is there during tests only.')
    return ca
  }
  beforeEach(async () => void (ca = await startScriptedCa(caOptions)))
  afterEach(async () => {
    await Promise.all(issuers.map((issuer) => issuer.close()))
    issuers = []
    await started().stop()
  })
  return {
    ca: started,
    newIssuer(options: Partial<AcmeIssuerOptions> = {}) {
      const issuer = createAcmeIssuer({ directoryUrl: started().directoryUrl, accounts, custody, ...options })
      issuers.push(issuer)
      return issuer
    },
  }
}

/** From an order to the chain. */
export async function issue(issuer: AcmeIssuer, hostname: Hostname): Promise<string> {
  const order = await place(issuer, hostname)
  expect(await issuer.validate(order, new AbortController().signal)).toEqual({ status: 'ready' })
  return chainOf(issuer, { order, csrDer: createLeafKeyAndCsr(hostname).csrDer })
}

/** The usual answer with these members over its own. */
export const withBody =
  (members: Record<string, unknown>): Script =>
  (usual) => ({ ...usual, body: { ...(usual.body as object), ...members } })

export async function refused(call: Promise<unknown>): Promise<CaProblem> {
  const error = await call.then(
    () => new Error('was not refused'),
    (reason: unknown) => reason,
  )
  if (error instanceof CaProblem) return error
  throw error
}

export const fromNow = (at: Date | null | undefined): number => (at?.getTime() ?? Number.NaN) - Date.now()

export function expectWithin(value: number, low: number, high: number): void {
  expect(value).toBeGreaterThanOrEqual(low)
  expect(value).toBeLessThanOrEqual(high)
}
