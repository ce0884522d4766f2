import { randomBytes } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import type { ClientRequest } from 'node:http'
import { CaProblem, type Challenge, type Hostname, checkIssued, createKeyCustody } from '@mooring/core'
import { createAcmeIssuer, createLeafKeyAndCsr } from '@mooring/providers'
import acme from 'acme-client'
import { memoryAcmeAccounts } from '../builders/acme-accounts.ts'
import type { Challtestsrv } from '../services/challtestsrv.ts'
import type { Pebble } from '../services/pebble.ts'

export interface Measurement {
  /** Certificates issued. */
  count: number
  concurrency: number
  seconds: number
  perSecond: number
  /** CPU of this process per certificate, user and system, in ms. */
  cpuMs: number
  /** Requests to the CA per certificate; nonces, account and directory of the warm-up not counted. */
  requests: number
  /** Milliseconds from order to chain. */
  p50Ms: number
  p95Ms: number
}

export interface MeasureOptions {
  pebble: Pebble
  challtestsrv: Challtestsrv
  count: number
  /** Orders in flight; Pebble 2.4.0 wedges above about 8. */
  concurrency: number
}

/** Our client alone, as the ceiling of what a fleet could issue: key, order, validation, certificate, checks. */
export async function measureAcmeClient({
  pebble,
  challtestsrv,
  count,
  concurrency,
}: MeasureOptions): Promise<Measurement> {
  const issuer = createAcmeIssuer({
    directoryUrl: pebble.directoryUrl,
    caFile: pebble.caFile,
    accounts: memoryAcmeAccounts(),
    custody: createKeyCustody(randomBytes(32).toString('hex')),
    concurrency,
  })
  const { signal } = new AbortController()
  const issueOne = async (hostname: Hostname): Promise<void> => {
    const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
    const order = await issuer.placeOrder({ hostname, challenge: 'http-01', replaces: null }, signal)
    await answerChallenges(challtestsrv, order.challenges)
    const progress = await issuer.validate({ ...order, challenge: 'http-01' }, signal)
    if (progress.status !== 'ready') throw new Error(`${hostname} was not validated in time.`)
    const finalized = await issuer.finalize(order, csrDer, signal)
    if (finalized.status !== 'issued') throw new Error(`${hostname} was not issued in time.`)
    const issued = checkIssued(finalized.chainPem, { hostname, keyPem, now: new Date() })
    if (issued instanceof CaProblem) throw issued
  }
  try {
    return await measure({ pebble, challtestsrv, count, concurrency, issueOne })
  } finally {
    await issuer.close()
  }
}

/** The same work by acme-client (npm). */
export async function measureAcmeClientPeer({
  pebble,
  challtestsrv,
  count,
  concurrency,
}: MeasureOptions): Promise<Measurement> {
  const trust = { ...acme.axios.defaults }
  const { Agent } = await import('node:https')
  acme.axios.defaults.httpsAgent = new Agent({ keepAlive: true, ca: readFileSync(pebble.caFile) })
  const accountKey = await acme.crypto.createPrivateEcdsaKey()
  // Its first wait is 5 s by default; with that, nothing but the wait would be measured.
  const client = new acme.Client({
    directoryUrl: pebble.directoryUrl,
    accountKey,
    backoffMin: 5,
    backoffMax: 250,
    backoffAttempts: 30,
  })
  await client.createAccount({ termsOfServiceAgreed: true })
  const issueOne = async (hostname: Hostname): Promise<void> => {
    const [, csr] = await acme.crypto.createCsr({ altNames: [hostname] }, await acme.crypto.createPrivateEcdsaKey())
    await client.auto({
      csr,
      termsOfServiceAgreed: true,
      skipChallengeVerification: true,
      challengePriority: ['http-01'],
      challengeCreateFn: (_authz, challenge, keyAuthorization) =>
        answerChallenges(challtestsrv, [{ type: 'http-01', token: challenge.token, keyAuthorization }]),
      challengeRemoveFn: async () => {},
    })
  }
  try {
    return await measure({ pebble, challtestsrv, count, concurrency, issueOne })
  } finally {
    acme.axios.defaults.httpsAgent.destroy()
    Object.assign(acme.axios.defaults, trust)
  }
}

/** Part of the work for both, by the same means. */
async function answerChallenges(challtestsrv: Challtestsrv, challenges: readonly Challenge[]): Promise<void> {
  for (const challenge of challenges) {
    if (challenge.type === 'dns-01') throw new Error('Nothing here asks for proof by DNS-01.')
    await challtestsrv.addHttp01(challenge.token, challenge.keyAuthorization)
  }
}

/** Issued before the clock starts: the account, connections and compiled code are there in a running worker too. */
const WARM_UP = 200

interface Work {
  pebble: Pebble
  challtestsrv: Challtestsrv
  count: number
  concurrency: number
  issueOne(hostname: Hostname): Promise<void>
}

async function measure({ pebble, challtestsrv, count, concurrency, issueOne }: Work): Promise<Measurement> {
  const run = randomBytes(4).toString('hex')
  const name = (index: number) => `n${index}-${run}.example.com` as Hostname
  for (let index = 0; index < count + WARM_UP; index++) await challtestsrv.setA(name(index), ['127.0.0.1'])
  for (let index = 0; index < WARM_UP; index++) await issueOne(name(count + index))

  const durations: number[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const startedAt = performance.now()
      await issueOne(name(next++))
      durations.push(performance.now() - startedAt)
    }
  }
  const requests = countRequestsTo(new URL(pebble.directoryUrl))
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  await Promise.all(Array.from({ length: concurrency }, worker))
  const { user, system } = process.cpuUsage(cpuBefore)
  const seconds = (performance.now() - startedAt) / 1000
  durations.sort((a, b) => a - b)
  return {
    count,
    concurrency,
    seconds,
    perSecond: count / seconds,
    cpuMs: (user + system) / 1000 / count,
    requests: requests.stop() / count,
    p50Ms: percentile(durations, 0.5),
    p95Ms: percentile(durations, 0.95),
  }
}

/** By what both HTTP clients tell of themselves: our client's undici, and `node:https` of the peer. */
function countRequestsTo({ origin, port }: URL): { stop(): number } {
  let count = 0
  const byUndici = (message: unknown): void => {
    if ((message as { request: { origin: string } }).request.origin === origin) count += 1
  }
  const byHttp = (message: unknown): void => {
    if ((message as { request: ClientRequest }).request.getHeader('host') === `127.0.0.1:${port}`) count += 1
  }
  subscribe('undici:request:create', byUndici)
  subscribe('http.client.request.start', byHttp)
  return {
    stop: () => {
      unsubscribe('undici:request:create', byUndici)
      unsubscribe('http.client.request.start', byHttp)
      return count
    },
  }
}

const percentile = (sorted: number[], share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
