import { type JsonWebKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Accounts, createAccounts } from './accounts.ts'
import type { ChallengeType, Validates } from './authorizations.ts'
import { type IssuedCertificate, type Mistake, createCertificates } from './certificates.ts'
import { type Jws, expectSignature, malformed, payloadOf, readJws, thumbprintOf } from './jws.ts'
import { createNonces } from './nonces.ts'
import { type Order, type Orders, type Profile, createOrders } from './orders.ts'
import { Refusal } from './problems.ts'
import { type RenewalInfos, createRenewalInfos } from './renewal-info.ts'
import { ROUTES, type Route, type Scripted, type Scripts, createScripts } from './script.ts'
import { hierarchy } from './sign.ts'

export interface ScriptedCaOptions {
  profiles?: Record<string, Profile>
  caaIdentities?: string[]
  /** Key id to HMAC key, base64url: accounts must then be bound to one of these. */
  externalAccounts?: Record<string, string>
  challenges?: readonly ChallengeType[]
  /** Whether what a challenge wants is there; without it, everything asked for is. */
  validates?: Validates
  /** Share of good nonces that are refused, as Pebble's PEBBLE_WFE_NONCEREJECT; 0.9 takes every tenth. */
  badNonces?: number
  now?: () => Date
}

export interface ScriptedCa extends Pick<Scripts, 'next' | 'always' | 'asked' | 'total'> {
  directoryUrl: string
  /** Every certificate that was issued, in order. */
  certificates: readonly IssuedCertificate[]
  orders: readonly Order[]
  accounts: Accounts['all']
  /** As if the CA had lost its database: every account's URL names nobody. */
  forgetAccounts(): void
  /** Ids of orders that were finalized. */
  finalized: string[]
  /** Serials of certificates that were revoked. */
  readonly revoked: string[]
  suggest: RenewalInfos['suggest']
  /** The next certificate is wrong in this way. */
  errNext(mistake: Mistake): void
  /** The next order that is finalized stays `processing` for so many polls, each told when to come back. */
  processNext: Orders['processNext']
  /** The directory names other addresses from now on, and nothing is at the old ones. */
  moveResources(): void
  /** Default and alternate root. */
  rootsPem: [string, string]
  stop(): Promise<void>
}

/** What the directory names, with the route each leads to (RFC 8555 §7.1.1, RFC 9773 §3). */
const RESOURCES: Record<string, Route> = {
  newNonce: 'nonce',
  newAccount: 'account',
  newOrder: 'newOrder',
  revokeCert: 'revoke',
  keyChange: 'keyChange',
  renewalInfo: 'renewalInfo',
}
const UNSIGNED: readonly Route[] = ['directory', 'nonce', 'renewalInfo']

/** A small CA over plain HTTP that follows RFC 8555 unless told otherwise, for what Pebble cannot be made to do. */
export async function startScriptedCa(options: ScriptedCaOptions = {}): Promise<ScriptedCa> {
  const { profiles = {}, externalAccounts = null, validates = () => null, now = () => new Date() } = options
  const { challenges = ['http-01', 'dns-01'], badNonces = 0, caaIdentities } = options
  const server = createServer((request, response) => void handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const scripts = createScripts()
  const nonces = createNonces(badNonces)
  const accounts = createAccounts({ origin, externalAccounts })
  const certificates = createCertificates()
  const renewalInfos = createRenewalInfos(certificates)
  const orders = createOrders({ origin, profiles, challenges, validates, certificates, now })
  let moves = 0
  const prefix = () => (moves === 0 ? '' : `/moved-${moves}`)

  const directory = (): Scripted => ({
    body: {
      ...Object.fromEntries(Object.entries(RESOURCES).map(([name, route]) => [name, `${origin}${prefix()}/${route}`])),
      meta: {
        externalAccountRequired: externalAccounts !== null,
        ...(caaIdentities === undefined ? {} : { caaIdentities }),
        ...(Object.keys(profiles).length === 0 ? {} : { profiles: described(profiles) }),
      },
    },
  })

  function unsigned({ route, id }: Target, method: string): Scripted {
    if (route === 'directory') return directory()
    if (route === 'renewalInfo') return renewalInfos.answer(id)
    return { status: method === 'GET' ? 204 : 200, body: '' }
  }

  async function signed({ route, id, rest }: Target, request: Jws): Promise<Scripted> {
    if (route === 'account' && id === '') return accounts.create(request)
    if (route === 'revoke') return revoke(request)
    const account = accounts.signedBy(request)
    const payload = route === 'keyChange' ? {} : payloadOf(request)
    if (route === 'account') return accounts.update(account, id, request)
    if (route === 'keyChange') return accounts.changeKey(account, request)
    if (route === 'newOrder') return orders.create(account, payload)
    if (route === 'authorization') return orders.authorization(account, id, payload)
    if (route === 'challenge') return orders.challenge(account, { id, type: rest, isAsked: request.payload !== '' })
    if (route === 'finalize') return orders.finalize(account, id, payload)
    if (request.payload !== '') throw malformed('The payload of a POST-as-GET is empty.')
    return route === 'order' ? orders.show(account, id) : orders.certificate(account, { id, which: rest })
  }

  /** By the account, or by the certificate's own key (RFC 8555 §7.6). */
  function revoke(request: Jws): Scripted {
    const { jwk } = request.header
    const payload = payloadOf(request)
    if (jwk === undefined) {
      const account = accounts.signedBy(request)
      return certificates.revoke(payload, (certificate) => certificate.account === account)
    }
    expectSignature(request, jwk)
    return certificates.revoke(payload, ({ pem }) => thumbprintOf(keyOf(pem)) === thumbprintOf(jwk))
  }

  function expectRequest(request: IncomingMessage, { header }: Jws): void {
    if (request.headers['content-type'] !== 'application/jose+json') {
      throw malformed('The content type must be application/jose+json.', 415)
    }
    // RFC 8555 §6.1: so that a CA can find whoever misbehaves.
    if (request.headers['user-agent'] === undefined) throw malformed('There is no User-Agent.')
    if (header.url !== `${origin}${request.url}`) {
      throw new Refusal('unauthorized', `The JWS is for "${header.url}", not for ${origin}${request.url}.`, 403)
    }
    if (!nonces.spend(header.nonce)) throw new Refusal('badNonce', 'JWS has an invalid anti-replay nonce', 400)
  }

  async function answerTo(request: IncomingMessage): Promise<Scripted> {
    const target = targetOf(request.url ?? '')
    if (target === null) throw malformed('Nothing is here.', 404)
    const { route } = target
    scripts.count(route)
    const body = await text(request)
    const method = request.method ?? ''
    if (isResource(target) && target.prefix !== prefix()) throw malformed('Nothing is here any more.', 404)
    const isUnsigned = UNSIGNED.includes(route)
    if (isUnsigned !== (method === 'GET' || method === 'HEAD')) throw malformed('Method not allowed', 405)

    const jws = isUnsigned ? null : readJws(body)
    if (jws !== null) expectRequest(request, jws)
    const script = scripts.take(route)
    if (typeof script === 'object' && script.hangs !== true && script.cuts !== true) return script

    const plain = await orRefusal(() => (jws === null ? unsigned(target, method) : signed(target, jws)))
    if (script === undefined) return plain
    return typeof script === 'function' ? script(plain) : script
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const {
      status = 200,
      type = 'application/json',
      headers = {},
      body,
      ...ending
    } = await orRefusal(() => answerTo(request))
    if (ending.hangs === true) return
    if (ending.cuts === true) return void response.destroy()
    const nonce = request.method === 'POST' || request.url?.endsWith('/nonce') ? { 'replay-nonce': nonces.issue() } : {}
    const index = request.url === '/directory' ? [] : [`<${origin}/directory>;rel="index"`]
    const link = [...index, ...(headers['link'] === undefined ? [] : [headers['link']])]
    response.writeHead(status, {
      'content-type': type,
      'cache-control': 'no-store',
      ...nonce,
      ...headers,
      ...(link.length === 0 ? {} : { link }),
    })
    response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {}))
  }

  return {
    ...scripts,
    directoryUrl: `${origin}/directory`,
    certificates: certificates.all,
    orders: orders.all,
    accounts: accounts.all,
    forgetAccounts: accounts.forget,
    finalized: orders.finalized,
    get revoked() {
      return certificates.all.filter((one) => one.isRevoked).map(({ serial }) => serial)
    },
    suggest: renewalInfos.suggest,
    errNext: certificates.errNext,
    processNext: orders.processNext,
    moveResources: () => void (moves += 1),
    rootsPem: (await hierarchy()).roots,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Target {
  prefix: string
  route: Route
  id: string
  rest: string
}

function targetOf(url: string): Target | null {
  const [, prefix = '', first, id = '', rest = ''] = /^(\/moved-\d+)?\/([^/]*)\/?([^/]*)\/?(.*)$/.exec(url) ?? []
  const route = ROUTES.find((one) => one === first)
  return route === undefined ? null : { prefix, route, id, rest }
}

/** Whether the directory names the address. Accounts have addresses of their own, which never change. */
const isResource = ({ route, id }: Target): boolean =>
  Object.values(RESOURCES).includes(route) && (route !== 'account' || id === '')

async function orRefusal(answer: () => Scripted | Promise<Scripted>): Promise<Scripted> {
  try {
    return await answer()
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}

const described = (profiles: Record<string, Profile>): Record<string, string> =>
  Object.fromEntries(Object.entries(profiles).map(([name, { description }]) => [name, description]))

const keyOf = (pem: string): JsonWebKey => new X509Certificate(pem).publicKey.export({ format: 'jwk' })
