import { X509Certificate, randomUUID } from 'node:crypto'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  CaProblem,
  type Challenge,
  type ChallengeType,
  type Finalized,
  type Hostname,
  type Issuer,
  SECOND,
  after,
  systemClock,
} from '@mooring/core'
import { expectProvable } from '../acme/challenge.ts'
import { createDirectorySource } from '../acme/directory.ts'
import type { ExternalAccount } from '../acme/jws.ts'
import { createSlots } from '../acme/slots.ts'
import { createTransport } from '../acme/transport.ts'
import { createOrderFolders } from './order-folders.ts'
import { requestPemFor } from './read-request.ts'
import { type CertbotCommand, type CertbotSetup, runCertbot } from './run-certbot.ts'

/** What an edge has to answer for the name before the CA asks. */
type HttpAnswer = Extract<Challenge, { type: 'http-01' }> & { hostname: Hostname; orderUrl: string }

export interface CertbotIssuerOptions {
  directoryUrl: string
  /** An e-mail address for the CA. */
  contact?: string | undefined
  /** Roots to trust for the CA's own HTTPS, PEM. */
  caFile?: string | undefined
  /** Binds the account to a customer of the CA, where the CA asks for that. */
  eab?: ExternalAccount | undefined
  /** What CAA records call this CA, where its directory does not say it, or not rightly. */
  caaIdentities?: readonly string[] | undefined
  /** Common name of the root that chains shall end at, where the CA has several. */
  preferredChain?: string | undefined
  /** All that certbot keeps: its account with the account's private key, and the chains of recent orders. Absolute. */
  dataFolder: string
  /**
   * How the CA comes to see what is asked for: `webroot` is a folder that the edges themselves serve at
   * `/.well-known/acme-challenge/`; `publish` is called for every answer and resolves once it can be seen.
   */
  answers: { webroot: string } | { publish(answer: HttpAnswer): Promise<void> }
  /** Per run of certbot. */
  deadlineMs?: number
}

const CHALLENGES: readonly ChallengeType[] = ['http-01']
const ORDER_URL = /^certbot:(?<hostname>[a-z0-9.-]+)\/(?<id>[0-9a-f-]{36})$/
const TOKEN = /^[A-Za-z0-9_-]{1,256}$/
const ASK_AGAIN_MS = 5 * SECOND
const WHILE_BUSY_MS = 1 * SECOND
const DIRECTORY_DEADLINE_MS = 15 * SECOND
/** After its deadline a run has been ended, this much later at the latest. */
const CLAIM_LONGER_MS = 30 * SECOND

/**
 * Issues through the program certbot, by HTTP-01.
 *
 * certbot does a whole order in one run, so that an order is a name of ours until it is finalized: nothing is asked of the
 * CA before, and a failed validation shows in `finalize`. It writes its challenge files to a webroot and waits for a key
 * to be pressed (`--debug-challenges`), is given it when the answers can be seen, and tells the CA only then: no race, no
 * hooks, no shell. The chain is kept per order: a repetition returns it, also when the process that started certbot died.
 *
 * It has folders of its own, installs nothing, and works one run at a time per data folder, at some seconds each. The
 * account, with its key in a file of mode 0600, belongs to the folder: processes that share no folder have accounts of
 * their own, and cannot revoke each other's certificates. Of `replaces` and renewal windows certbot knows nothing.
 */
export function createCertbotIssuer(options: CertbotIssuerOptions): Issuer & { close(): Promise<void> } {
  const { directoryUrl, dataFolder, caFile, caaIdentities = [], deadlineMs = 120 * SECOND } = options
  const runsFolder = join(dataFolder, 'runs')
  const ordersFolder = join(dataFolder, 'orders')
  const setup: CertbotSetup = { configFolder: join(dataFolder, 'config'), runsFolder, directoryUrl, caFile, deadlineMs }
  const orders = createOrderFolders(ordersFolder, { claimMs: deadlineMs + CLAIM_LONGER_MS, clock: systemClock })
  const slots = createSlots(1)
  const closing = new AbortController()
  const transport = createTransport({ directoryUrl, caFile, connections: 1, deadlineMs: DIRECTORY_DEADLINE_MS })
  const directory = createDirectorySource(directoryUrl, { transport, clock: systemClock, signal: closing.signal })

  /** One run at a time, with its folders in place. */
  const inTurn = <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    slots.run(signal, async () => {
      for (const folder of [runsFolder, ordersFolder]) await mkdir(folder, { recursive: true, mode: 0o700 })
      await orders.sweep(runsFolder)
      return work()
    })

  async function obtain(order: Order, csrDer: Buffer, signal: AbortSignal): Promise<Finalized> {
    const kept = await orders.obtained(order.id)
    if (kept !== null) return { status: 'issued', chainPem: kept }
    const files = await orders.begin(order.id, requestPemFor(order.hostname, csrDer))
    if (files === null) return askAgain()
    const webroot = 'webroot' in options.answers ? options.answers.webroot : join(ordersFolder, order.id, 'webroot')
    try {
      // Another process may have been about it a moment ago.
      if ((await orders.obtained(order.id)) === null) {
        await mkdir(webroot, { recursive: true })
        const args = [
          'certonly',
          ...accountArgs(options, await externalAccountFile(options)),
          `--csr=${files.request}`,
          `--cert-path=${files.certificate}`,
          `--chain-path=${files.chain}`,
          `--fullchain-path=${files.fullChain}`,
          '--authenticator=webroot',
          // Whatever the machine's own settings of certbot say.
          '--installer=null',
          `--webroot-path=${webroot}`,
          '--preferred-challenges=http',
          ...(options.preferredChain === undefined ? [] : [`--preferred-chain=${options.preferredChain}`]),
          '--debug-challenges',
          '--force-interactive',
        ]
        const onChallenges = () => publishAll(options, { webroot, order })
        if ((await runCertbot(setup, { args, signal, onChallenges })) === 'busy') return askAgain()
      }
      signal.throwIfAborted()
      const chainPem = await orders.obtained(order.id)
      if (chainPem === null) throw new CaProblem('unexpectedAnswer', 'certbot ended well, but left no whole chain.')
      return { status: 'issued', chainPem }
    } finally {
      await orders.end(order.id)
    }
  }

  return {
    name: 'certbot',
    challenges: CHALLENGES,
    caaIdentities: async (signal) => {
      signal.throwIfAborted()
      return caaIdentities.length > 0 ? caaIdentities : (await directory.get(signal)).meta.caaIdentities
    },
    register: (signal) =>
      inTurn(signal, async () => {
        const args = ['register', '--non-interactive', ...accountArgs(options, await externalAccountFile(options))]
        await runWhenFree(setup, { args, signal })
      }),
    async placeOrder(need, signal) {
      signal.throwIfAborted()
      expectProvable(need, CHALLENGES)
      return { orderUrl: `certbot:${need.hostname}/${randomUUID()}`, challenges: [], replaces: false }
    },
    async validate({ orderUrl }, signal) {
      signal.throwIfAborted()
      readOrderUrl(orderUrl)
      return { status: 'ready' }
    },
    finalize: ({ orderUrl }, csrDer, signal) => inTurn(signal, () => obtain(readOrderUrl(orderUrl), csrDer, signal)),
    revoke: (chainPem, signal) =>
      inTurn(signal, async () => {
        const leaf = new X509Certificate(chainPem)
        // Nobody trusts it any more, and CAs refuse to revoke it.
        if (new Date(leaf.validTo) <= systemClock.now()) return
        const file = join(runsFolder, `${randomUUID()}.pem`)
        await writeFile(file, leaf.toString())
        const account = accountArgs(options, await externalAccountFile(options))
        const args = ['revoke', '--non-interactive', ...account, `--cert-path=${file}`, '--no-delete-after-revoke']
        try {
          await runWhenFree(setup, { args, signal })
        } catch (error) {
          if (!(error instanceof CaProblem) || error.type !== 'alreadyRevoked') throw error
        } finally {
          await rm(file, { force: true })
        }
      }),
    async renewalInfo(_chainPem, signal) {
      signal.throwIfAborted()
      return null
    },
    async close() {
      closing.abort(new Error('The issuer is closed.'))
      await transport.close()
    },
  }
}

interface Order {
  orderUrl: string
  hostname: Hostname
  id: string
}

function readOrderUrl(orderUrl: string): Order {
  const { hostname, id } = ORDER_URL.exec(orderUrl)?.groups ?? {}
  if (hostname === undefined || id === undefined) {
    throw new CaProblem('orderInvalid', `The order ${orderUrl} is not one of certbot's: another issuer placed it.`)
  }
  return { orderUrl, hostname: hostname as Hostname, id }
}

const askAgain = (): Finalized => ({ status: 'processing', retryAt: after(systemClock.now(), ASK_AGAIN_MS) })

/** Waits while another process's certbot has the folder, as long as one run may take. */
async function runWhenFree(setup: CertbotSetup, command: CertbotCommand): Promise<void> {
  const until = systemClock.now().getTime() + setup.deadlineMs
  while ((await runCertbot(setup, command)) === 'busy') {
    if (systemClock.now().getTime() > until) {
      throw new CaProblem('unreachable', 'Another process is running certbot on the same folder all the time.')
    }
    // Ends early when the caller gives up; the next run says so.
    await pause(WHILE_BUSY_MS, undefined, { signal: command.signal }).catch(() => undefined)
  }
}

function accountArgs({ contact }: CertbotIssuerOptions, eabFile: string | null): string[] {
  const who = contact === undefined ? '--register-unsafely-without-email' : `--email=${contact}`
  return ['--no-eff-email', who, ...(eabFile === null ? [] : [`--config=${eabFile}`])]
}

/** A file: arguments can be read by every user of the machine. */
async function externalAccountFile({ eab, dataFolder }: CertbotIssuerOptions): Promise<string | null> {
  if (eab === undefined) return null
  const file = join(dataFolder, 'external-account.ini')
  const lines = [`eab-kid = ${eab.kid}`, `eab-hmac-key = ${eab.hmacKey}`]
  if (lines.some((line) => /[\r\n]/.test(line))) {
    throw new CaProblem('externalAccountRequired', 'The external account has a line break: expected one line each.')
  }
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 })
  return file
}

async function publishAll(
  { answers }: CertbotIssuerOptions,
  { webroot, order }: { webroot: string; order: Order },
): Promise<void> {
  if ('webroot' in answers) return
  const folder = join(webroot, '.well-known', 'acme-challenge')
  for (const token of await readdir(folder)) {
    if (!TOKEN.test(token)) throw new CaProblem('unexpectedAnswer', 'The token of the CA’s challenge is not base64url.')
    const keyAuthorization = await readFile(join(folder, token), 'utf8')
    const { hostname, orderUrl } = order
    await answers.publish({ type: 'http-01', token, keyAuthorization, hostname, orderUrl })
  }
}
