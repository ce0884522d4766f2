import { type CaProblem, type Hostname, type Outcome, isFailedValidation, outcomeOf, systemClock } from '@mooring/core'
import { createLeafKeyAndCsr } from '@mooring/providers'
import { describe, expect, it } from 'vitest'
import { place } from './issuer.contract.ts'
import { type Scripted, problem } from './scripted-ca.ts'
import { refused, useScriptedCa } from './use-scripted-ca.ts'

/**
 * Every error of RFC 8555 §6.7 (and of RFC 9773 and draft-ietf-acme-profiles), at every call of an issuance: what the
 * acme issuer throws, and what the machine does about it.
 */
const hostname = 'shop.example.com' as Hostname
const { signal } = new AbortController()
const { csrDer } = createLeafKeyAndCsr(hostname)

/** What the CA finds of the name. */
let found: { type: string; detail: string } | null = null
const { ca, newIssuer } = useScriptedCa({ validates: () => found })

const CALLS = ['newOrder', 'authorization', 'challenge', 'order', 'finalize', 'certificate'] as const
type Call = (typeof CALLS)[number]

type Doing =
  | 'retry CA_UNAVAILABLE'
  | 'wait CA_RATE_LIMITED'
  | 'failed CA_REJECTED'
  | 'new order CA_REJECTED'
  | 'new order CAA_FORBIDS'
  | 'new order CA_VALIDATION_FAILED'

/** Where a call gives the word another meaning. */
type Otherwise = Partial<Record<Call, [thrown: string, doing: Doing]>>

const LOST: [string, Doing] = ['orderInvalid', 'new order CA_REJECTED']
/** An answer of the order's own addresses is no word about the name. */
const ABOUT_ACCOUNT_OR_ORDER: Otherwise = {
  newOrder: ['unauthorizedAccount', 'failed CA_REJECTED'],
  authorization: LOST,
  challenge: LOST,
  order: LOST,
  finalize: LOST,
  certificate: LOST,
}

const TABLE: [type: string, status: number, doing: Doing, otherwise?: Otherwise][] = [
  ['accountDoesNotExist', 400, 'retry CA_UNAVAILABLE'],
  ['alreadyReplaced', 409, 'new order CA_REJECTED'],
  ['alreadyRevoked', 400, 'retry CA_UNAVAILABLE'],
  ['badCSR', 400, 'new order CA_REJECTED'],
  ['badNonce', 400, 'retry CA_UNAVAILABLE'],
  ['badPublicKey', 400, 'failed CA_REJECTED'],
  ['badRevocationReason', 400, 'retry CA_UNAVAILABLE'],
  ['badSignatureAlgorithm', 400, 'failed CA_REJECTED'],
  ['caa', 403, 'new order CAA_FORBIDS'],
  ['compound', 400, 'retry CA_UNAVAILABLE'],
  ['connection', 400, 'new order CA_VALIDATION_FAILED'],
  ['dns', 400, 'new order CA_VALIDATION_FAILED'],
  ['externalAccountRequired', 403, 'failed CA_REJECTED'],
  ['incorrectResponse', 403, 'new order CA_VALIDATION_FAILED'],
  ['invalidContact', 400, 'failed CA_REJECTED'],
  ['invalidProfile', 400, 'failed CA_REJECTED'],
  ['malformed', 400, 'new order CA_REJECTED'],
  ['malformed', 404, 'new order CA_REJECTED', { order: LOST }],
  ['orderNotReady', 403, 'new order CA_REJECTED'],
  ['rateLimited', 429, 'wait CA_RATE_LIMITED'],
  ['rateLimited', 503, 'retry CA_UNAVAILABLE'],
  ['rejectedIdentifier', 400, 'failed CA_REJECTED'],
  ['serverInternal', 500, 'retry CA_UNAVAILABLE'],
  ['tls', 400, 'new order CA_VALIDATION_FAILED'],
  ['unauthorized', 403, 'new order CA_VALIDATION_FAILED', ABOUT_ACCOUNT_OR_ORDER],
  ['unsupportedContact', 400, 'failed CA_REJECTED'],
  ['unsupportedIdentifier', 400, 'failed CA_REJECTED'],
  ['userActionRequired', 403, 'failed CA_REJECTED'],
  ['ofTheFuture', 400, 'retry CA_UNAVAILABLE'],
]

/** Goes through an issuance in which that call is answered like this, as often as it is made. */
async function issueWhile(call: Call, answer: Scripted): Promise<CaProblem> {
  ca().always(call, answer)
  const issuer = newIssuer({ nonceRetries: 2 })
  return refused(
    (async () => {
      const order = await place(issuer, hostname)
      await issuer.validate(order, signal)
      return issuer.finalize(order, csrDer, signal)
    })(),
  )
}

const doingOf = (outcome: Outcome): string => {
  if (outcome.kind === 'done') return 'done'
  const isAnew = outcome.kind === 'retry' && outcome.backTo !== null
  return `${isAnew ? 'new order' : outcome.kind} ${outcome.because.code}`
}
const told = { clock: systemClock, retryAt: null }

describe.each(CALLS)('at %s, the CA’s answer', (call) => {
  it.each(TABLE)('%s with status %i comes to: %s', async (type, status, doing, otherwise = {}) => {
    const [thrown, does] = otherwise[call] ?? [type, doing]
    const refusal = await issueWhile(call, problem(type, 'as the CA said', status))
    expect({ type: refusal.type, does: doingOf(outcomeOf(refusal, told)) }).toEqual({ type: thrown, does })
    expect(ca().certificates.length).toBe(call === 'certificate' ? 1 : 0)
  })

  it.each([
    ['HTML of status 403', { status: 403, type: 'text/html', body: '<h1>Forbidden</h1>' }],
    ['HTML of status 502', { status: 502, type: 'text/html', body: '<h1>Bad gateway</h1>' }],
    ['a problem of nobody’s', { status: 400, type: 'application/problem+json', body: { title: 'No' } }],
    ['a problem of another kind', { status: 400, type: 'application/problem+json', body: { type: 'about:blank' } }],
    ['10 MB', { status: 200, body: Buffer.alloc(10_000_000, 0x20) }],
  ] satisfies [string, Scripted][])('in %s is not believed, and tried again', async (_what, answer) => {
    const refusal = await issueWhile(call, answer)
    expect(refusal.type).toBe('unexpectedAnswer')
    expect(doingOf(outcomeOf(refusal, told))).toBe('retry CA_UNAVAILABLE')
  })
})

// Of a challenge that the CA took, nothing is read: the order tells what came of it.
it.each(CALLS.filter((call) => call !== 'challenge'))('HTML of status 200 at %s is not believed', async (call) => {
  const refusal = await issueWhile(call, { type: 'text/html', body: '<h1>Hello</h1>' })
  expect(refusal.type).toBe('unexpectedAnswer')
  expect(doingOf(outcomeOf(refusal, told))).toBe('retry CA_UNAVAILABLE')
})

describe('what the CA finds of the name', () => {
  it.each([
    ...['caa', 'connection', 'dns', 'dnssec', 'incorrectResponse', 'tls', 'unauthorized'].map((type) => [type, type]),
    ...['malformed', 'rateLimited', 'rejectedIdentifier', 'serverInternal'].map((type) => [type, 'orderInvalid']),
  ] as [string, string][])('%s is thrown as %s, with the name, and takes a new order', async (type, thrown) => {
    found = { type, detail: 'as the CA found it' }
    const issuer = newIssuer()
    const order = await place(issuer, hostname)
    const refusal = await refused(issuer.validate(order, signal))
    found = null
    expect(refusal).toMatchObject({ type: thrown, subproblems: [{ type, identifier: hostname }] })
    expect(isFailedValidation(refusal)).toBe(thrown === type)
    expect(outcomeOf(refusal, told)).toMatchObject({ kind: 'retry', backTo: 'order_certificate' })
    // And whoever comes after a crash is told the same.
    expect(await refused(newIssuer().validate(order, signal))).toMatchObject({ type: thrown })
  })

  it.each([
    ['caa', 'caa'],
    ['serverInternal', 'orderInvalid'],
  ])('%s of an order that failed while it was processed is thrown as %s', async (type, thrown) => {
    const issuer = newIssuer()
    const order = await place(issuer, hostname)
    await issuer.validate(order, signal)
    const error = { type: `urn:ietf:params:acme:error:${type}`, detail: 'found late' }
    ca().next('finalize', (usual) => ({ ...usual, body: { ...(usual.body as object), status: 'invalid', error } }))
    const refusal = await refused(issuer.finalize(order, csrDer, signal))
    expect(refusal).toMatchObject({ type: thrown, message: 'found late' })
  })
})
