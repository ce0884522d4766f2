import { X509Certificate, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createLocalCa, createLocalCaIssuer } from '@mooring/providers'

/** What a request is for, whatever its URL. */
type Route =
  | 'directory'
  | 'nonce'
  | 'account'
  | 'newOrder'
  | 'authorization'
  | 'challenge'
  | 'order'
  | 'finalize'
  | 'certificate'
  | 'revoke'

/** An answer; what is left out is as the RFC has it. */
export interface Scripted {
  status?: number
  type?: string
  headers?: Record<string, string>
  body?: unknown
  /** Never answers. */
  hangs?: boolean
  /** Does what was asked, and closes the connection without a word. */
  cuts?: boolean
}

export type Script = Scripted | ((usual: Scripted) => Scripted)

export interface ScriptedCa {
  directoryUrl: string
  /** Answers that route's next requests like this, one after another; then as usual again. */
  next(route: Route, ...scripts: Script[]): void
  /** Answers that route's requests like this from now on. */
  always(route: Route, script: Script): void
  /** How often a route was asked. */
  asked(route: Route): number
  total(): number
  /** Orders that were finalized. */
  finalized: string[]
  /** Serials of certificates that were revoked. */
  revoked: string[]
  stop(): Promise<void>
}

interface Order {
  id: string
  hostname: string
  status: 'pending' | 'ready' | 'valid'
  chainPem: string
}

export const problem = (
  type: string,
  detail: string,
  status: number,
  headers: Record<string, string> = {},
): Scripted => ({
  status,
  type: 'application/problem+json',
  headers,
  body: { type: `urn:ietf:params:acme:error:${type}`, detail, status },
})

/** A small CA over plain HTTP that follows RFC 8555 unless told otherwise, for what Pebble cannot be made to do. */
export async function startScriptedCa(): Promise<ScriptedCa> {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-scripted-ca-'))
  const signer = createLocalCaIssuer(await createLocalCa(folder))
  const nonces = new Set<string>()
  const orders = new Map<string, Order>()
  const finalized: string[] = []
  const revoked: string[] = []
  const counts = new Map<Route, number>()
  const queued = new Map<Route, Script[]>()
  const standing = new Map<Route, Script>()

  const server = createServer((request, response) => void handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const shown = ({ id, status }: Order) => ({
    status,
    authorizations: [`${origin}/authorization/${id}`],
    finalize: `${origin}/finalize/${id}`,
    ...(status === 'valid' ? { certificate: `${origin}/certificate/${id}` } : {}),
  })

  async function usual(route: Route, id: string, payload: Record<string, unknown>): Promise<Scripted> {
    if (route === 'directory') {
      const urls = { newNonce: `${origin}/nonce`, newAccount: `${origin}/account`, newOrder: `${origin}/newOrder` }
      return { body: { ...urls, revokeCert: `${origin}/revoke` } }
    }
    if (route === 'nonce') return { body: '' }
    if (route === 'account')
      return { status: 201, headers: { location: `${origin}/account/1` }, body: { status: 'valid' } }
    if (route === 'newOrder') return newOrder(payload)
    if (route === 'revoke') return revoke(String(payload['certificate']))
    const order = orders.get(id)
    if (order === undefined) return problem('malformed', 'No such order.', 404)
    if (route === 'authorization') return { body: authorization(order) }
    if (route === 'challenge') {
      order.status = 'ready'
      return { body: { type: 'http-01', status: 'processing', url: `${origin}/challenge/${id}`, token: `token-${id}` } }
    }
    if (route === 'finalize') return finalize(order, String(payload['csr']))
    if (route === 'certificate') return { type: 'application/pem-certificate-chain', body: order.chainPem }
    return { body: shown(order) }
  }

  function newOrder(payload: Record<string, unknown>): Scripted {
    const [identifier] = payload['identifiers'] as { value: string }[]
    const order: Order = {
      id: randomBytes(4).toString('hex'),
      hostname: String(identifier?.value),
      status: 'pending',
      chainPem: '',
    }
    orders.set(order.id, order)
    return { status: 201, headers: { location: `${origin}/order/${order.id}` }, body: shown(order) }
  }

  function authorization({ id, hostname, status }: Order) {
    const challenge = { type: 'http-01', status: 'pending', url: `${origin}/challenge/${id}`, token: `token-${id}` }
    return {
      status: status === 'pending' ? 'pending' : 'valid',
      identifier: { type: 'dns', value: hostname },
      challenges: [challenge],
    }
  }

  function revoke(certificate: string): Scripted {
    const { serialNumber } = new X509Certificate(Buffer.from(certificate, 'base64url'))
    if (revoked.includes(serialNumber)) return problem('alreadyRevoked', 'This certificate is revoked.', 400)
    revoked.push(serialNumber)
    return { body: '' }
  }

  async function finalize(order: Order, csr: string): Promise<Scripted> {
    if (order.status !== 'ready') return problem('orderNotReady', `The order is ${order.status}.`, 403)
    const { signal } = new AbortController()
    const issued = await signer.finalize({ orderUrl: order.id }, Buffer.from(csr, 'base64url'), signal)
    order.chainPem = issued.status === 'issued' ? issued.chainPem : ''
    order.status = 'valid'
    finalized.push(order.id)
    return { body: shown(order) }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, route, id = ''] = (request.url ?? '').split('/') as ['', Route, string?]
    counts.set(route, (counts.get(route) ?? 0) + 1)
    const body = await text(request)
    const signed = body === '' ? null : (JSON.parse(body) as { protected: string; payload: string })
    const isFresh = signed === null || nonces.delete(decoded(signed.protected)['nonce'] as string)
    const script = queued.get(route)?.shift() ?? standing.get(route)

    const toldBefore = typeof script === 'object' && script.hangs !== true && script.cuts !== true
    const asUsual = async () => usual(route, id, signed === null ? {} : decoded(signed.payload))
    const plain = isFresh ? (toldBefore ? {} : await asUsual()) : problem('badNonce', 'Not a nonce of ours.', 400)
    const answer = isFresh && script !== undefined ? applied(script, plain) : plain
    send(response, answer)
  }

  const applied = (script: Script, plain: Scripted): Scripted => (typeof script === 'function' ? script(plain) : script)

  function send(
    response: ServerResponse,
    { status = 200, type = 'application/json', headers = {}, body, hangs, cuts }: Scripted,
  ) {
    if (hangs === true) return
    if (cuts === true) return void response.destroy()
    const nonce = randomBytes(12).toString('base64url')
    nonces.add(nonce)
    response.writeHead(status, { 'content-type': type, 'replay-nonce': nonce, ...headers })
    response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {}))
  }

  return {
    directoryUrl: `${origin}/directory`,
    next: (route, ...scripts) => void queued.set(route, [...(queued.get(route) ?? []), ...scripts]),
    always: (route, script) => void standing.set(route, script),
    asked: (route) => counts.get(route) ?? 0,
    total: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    finalized,
    revoked,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true })
    },
  }
}

const decoded = (part: string): Record<string, unknown> =>
  part === '' ? {} : (JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>)
