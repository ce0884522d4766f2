import { randomBytes } from 'node:crypto'
import type { Account } from './accounts.ts'
import type { Certificates, IssuedCertificate } from './certificates.ts'
import { malformed, thumbprintOf } from './jws.ts'
import { identifiersOf } from './identifiers.ts'
import {
  type Authorization,
  type ChallengeType,
  type Validates,
  createAuthorization,
  validate,
} from './authorizations.ts'
import { Refusal } from './problems.ts'
import { expectReplaceable } from './replaces.ts'
import type { Scripted } from './script.ts'
import { readCsr } from './sign.ts'

/** A kind of certificate (draft-ietf-acme-profiles). */
export interface Profile {
  description: string
  lifetimeMs: number
}

export interface Order {
  id: string
  account: Account
  names: string[]
  authorizations: Authorization[]
  profile: string | null
  replaces: string | null
  /** Polls that it stays `processing` for after it was finalized. */
  pollsLeft: number
  certificate: IssuedCertificate | null
}

export interface Orders {
  create(account: Account, payload: Record<string, unknown>): Scripted
  show(account: Account, id: string): Scripted
  finalize(account: Account, id: string, payload: Record<string, unknown>): Promise<Scripted>
  authorization(account: Account, id: string, payload: Record<string, unknown>): Scripted
  /** `type` is the last part of the challenge's URL. `isAsked`: the client wants it looked at, not only shown. */
  challenge(account: Account, at: { id: string; type: string; isAsked: boolean }): Promise<Scripted>
  certificate(account: Account, at: { id: string; which: string }): Scripted
  /** The next order that is finalized stays `processing` for so many polls, each told when to come back. */
  processNext(slowness: Slowness): void
  all: Order[]
  finalized: string[]
}

interface Slowness {
  polls: number
  retryAfterS: number
}

interface Options {
  origin: string
  profiles: Record<string, Profile>
  challenges: readonly ChallengeType[]
  validates: Validates
  certificates: Certificates
  now(): Date
}

const DEFAULT_LIFETIME_MS = 90 * 86_400_000

export function createOrders({ origin, profiles, challenges, validates, certificates, now }: Options): Orders {
  const all: Order[] = []
  const finalized: string[] = []
  let slowness: Slowness | null = null
  const retryAfterOf = new Map<string, number>()

  const authorizationUrl = ({ id }: Authorization) => `${origin}/authorization/${id}`
  const shown = (order: Order) => ({
    status: statusOf(order),
    expires: new Date(now().getTime() + 7 * 86_400_000).toISOString(),
    identifiers: order.names.map((value) => ({ type: 'dns', value })),
    authorizations: order.authorizations.map(authorizationUrl),
    finalize: `${origin}/finalize/${order.id}`,
    ...(order.profile === null ? {} : { profile: order.profile }),
    ...(order.replaces === null ? {} : { replaces: order.replaces }),
    ...(statusOf(order) === 'valid' ? { certificate: `${origin}/certificate/${order.id}` } : {}),
  })
  const answerOf = (order: Order): Scripted => {
    const seconds = statusOf(order) === 'processing' ? retryAfterOf.get(order.id) : undefined
    return { body: shown(order), headers: seconds === undefined ? {} : { 'retry-after': String(seconds) } }
  }

  function find(account: Account, id: string): Order {
    const order = all.find((one) => one.id === id)
    if (order === undefined) throw malformed(`No order for ID ${id}`, 404)
    if (order.account === account) return order
    throw new Refusal('unauthorized', 'The order belongs to another account', 403)
  }

  function findAuthorization(account: Account, id: string): Authorization {
    const order = all.find((one) => one.authorizations.some((authorization) => authorization.id === id))
    if (order === undefined) throw malformed('No such authorization', 404)
    return find(account, order.id).authorizations.find((one) => one.id === id) as Authorization
  }

  const shownAuthorization = (authorization: Authorization) => ({
    status: authorization.status,
    expires: new Date(now().getTime() + 7 * 86_400_000).toISOString(),
    identifier: { type: 'dns', value: authorization.base },
    ...(authorization.isWildcard ? { wildcard: true } : {}),
    challenges: authorization.challenges.map((one) => ({
      ...one,
      url: `${origin}/challenge/${authorization.id}/${one.type}`,
    })),
  })

  return {
    all,
    finalized,
    processNext: (wanted) => void (slowness = wanted),

    create(account, payload) {
      const names = identifiersOf(payload)
      if (payload['notBefore'] !== undefined || payload['notAfter'] !== undefined) {
        throw malformed('NotBefore and NotAfter are not supported')
      }
      const { profile = null, replaces = null } = payload as { profile?: string | null; replaces?: string | null }
      if (profile !== null && !Object.hasOwn(profiles, profile)) {
        throw new Refusal('invalidProfile', `profile name "${profile}" not recognized`, 400)
      }
      if (replaces !== null) expectReplaceable(certificates.byId(replaces), { account, names })
      const order: Order = {
        id: newId(),
        account,
        names,
        authorizations: names.map((name) => createAuthorization(name, challenges)),
        profile,
        replaces,
        pollsLeft: 0,
        certificate: null,
      }
      all.push(order)
      return { status: 201, headers: { location: `${origin}/order/${order.id}` }, body: shown(order) }
    },

    show(account, id) {
      const order = find(account, id)
      const answer = answerOf(order)
      if (order.certificate !== null && order.pollsLeft > 0) order.pollsLeft -= 1
      return answer
    },

    async finalize(account, id, payload) {
      const order = find(account, id)
      const status = statusOf(order)
      if (status !== 'ready')
        throw new Refusal('orderNotReady', `Order's status ("${status}") is not acceptable for finalization`, 403)
      const csr = await readCsr(Buffer.from(String(payload['csr']), 'base64url'))
      if (csr === null) throw new Refusal('badCSR', 'Error parsing certificate request', 400)
      if (csr.names.join() !== order.names.join()) {
        throw new Refusal('badCSR', `CSR is for ${csr.names.join(', ')}, the order for ${order.names.join(', ')}`, 400)
      }
      order.pollsLeft = slowness?.polls ?? 0
      retryAfterOf.set(order.id, slowness?.retryAfterS ?? 0)
      slowness = null
      const lifetimeMs = profiles[order.profile ?? '']?.lifetimeMs ?? DEFAULT_LIFETIME_MS
      order.certificate = await certificates.issue({ ...csr, account, profile: order.profile, lifetimeMs, now: now() })
      finalized.push(order.id)
      const replaced = certificates.byId(order.replaces ?? '')
      if (replaced !== undefined) replaced.replacedBy = order.id
      return { ...answerOf(order), headers: { ...answerOf(order).headers, location: `${origin}/order/${order.id}` } }
    },

    authorization(account, id, payload) {
      const authorization = findAuthorization(account, id)
      if (payload['status'] === 'deactivated') authorization.status = 'deactivated'
      return { body: shownAuthorization(authorization) }
    },

    async challenge(account, { id, type, isAsked }) {
      const authorization = findAuthorization(account, id)
      const shownOne = () => shownAuthorization(authorization).challenges.find((one) => one.type === type)
      if (shownOne() === undefined) throw malformed('No such challenge', 404)
      const link = { link: `<${authorizationUrl(authorization)}>;rel="up"` }
      if (!isAsked || authorization.status !== 'pending') return { headers: link, body: shownOne() }
      const answer = { headers: link, body: { ...shownOne(), status: 'processing' } }
      await validate(authorization, { type, thumbprint: thumbprintOf(account.jwk), validates, now: now() })
      return answer
    },

    certificate(account, { id, which }) {
      const { certificate } = find(account, id)
      if (certificate === null) throw malformed('No such certificate', 404)
      const url = `${origin}/certificate/${id}`
      const other = which === 'alternate' ? url : `${url}/alternate`
      return {
        type: 'application/pem-certificate-chain',
        headers: { link: `<${other}>;rel="alternate"` },
        body: which === 'alternate' ? certificate.alternatePem : certificate.chainPem,
      }
    },
  }
}

/** RFC 8555 §7.1.6. */
function statusOf({ authorizations, certificate, pollsLeft }: Order) {
  if (certificate !== null) return pollsLeft > 0 ? 'processing' : 'valid'
  if (authorizations.some(({ status }) => status === 'invalid' || status === 'deactivated')) return 'invalid'
  return authorizations.every(({ status }) => status === 'valid') ? 'ready' : 'pending'
}

const newId = (): string => randomBytes(8).toString('hex')
