import type { JsonWebKey } from 'node:crypto'
import { type Jws, expectMac, expectSignature, malformed, payloadOf, readJws, thumbprintOf } from './jws.ts'
import { Refusal } from './problems.ts'
import type { Scripted } from './script.ts'

export interface Account {
  id: string
  jwk: JsonWebKey
  status: 'valid' | 'deactivated'
  contact: string[]
}

export interface Accounts {
  /** newAccount (RFC 8555 §7.3). */
  create(request: Jws): Scripted
  /** The account that signed, whose signature is verified. */
  signedBy(request: Jws): Account
  /** Update and deactivation (RFC 8555 §7.3.2, §7.3.6). */
  update(account: Account, id: string, request: Jws): Scripted
  /** RFC 8555 §7.3.5. */
  changeKey(account: Account, request: Jws): Scripted
  /** Every account, by its URL. */
  all(): { url: string; status: Account['status'] }[]
  /** As if the CA had lost its database: every account's URL names nobody. */
  forget(): void
}

interface Options {
  origin: string
  /** Key id to HMAC key, base64url: accounts must then be bound to one of these. */
  externalAccounts: Record<string, string> | null
}

export function createAccounts({ origin, externalAccounts }: Options): Accounts {
  const accounts: Account[] = []
  let created = 0
  const urlOf = ({ id }: Account) => `${origin}/account/${id}`
  const shown = ({ status, contact }: Account) => ({ status, contact, orders: `${origin}/orders` })
  const ofKey = (jwk: JsonWebKey) => accounts.find((one) => thumbprintOf(one.jwk) === thumbprintOf(jwk))
  const location = (account: Account) => ({ location: urlOf(account) })

  function expectBinding(payload: Record<string, unknown>, { header }: Jws): void {
    if (externalAccounts === null) return
    const { externalAccountBinding } = payload
    if (externalAccountBinding === undefined) {
      throw new Refusal('externalAccountRequired', 'The account must be bound to an external one.', 403)
    }
    const binding = readJws(externalAccountBinding)
    const hmacKey = externalAccounts[binding.header.kid ?? '']
    if (hmacKey === undefined) throw new Refusal('unauthorized', 'There is no such external account.', 403)
    if (binding.header.url !== header.url) throw malformed('The binding is for another URL.')
    if (binding.header.nonce !== undefined) throw malformed('A binding has no nonce.')
    expectMac(binding, hmacKey)
    if (thumbprintOf(JSON.parse(binding.payload) as JsonWebKey) !== thumbprintOf(header.jwk ?? {})) {
      throw malformed('The binding is for another key.')
    }
  }

  return {
    create(request) {
      const { jwk } = request.header
      if (jwk === undefined) throw malformed('newAccount is signed by a jwk.')
      expectSignature(request, jwk)
      const payload = payloadOf(request)
      const known = ofKey(jwk)
      if (known?.status === 'deactivated') {
        throw new Refusal('unauthorized', 'An account with the provided public key exists but is deactivated', 403)
      }
      if (known !== undefined) return { headers: location(known), body: shown(known) }
      if (payload['onlyReturnExisting'] === true) {
        throw new Refusal('accountDoesNotExist', 'No account exists with the provided key', 400)
      }
      expectBinding(payload, request)
      const account: Account = { id: String(++created), jwk, status: 'valid', contact: contactOf(payload) }
      accounts.push(account)
      return { status: 201, headers: location(account), body: shown(account) }
    },

    signedBy(request) {
      const { kid, jwk } = request.header
      if (kid === undefined || jwk !== undefined) throw malformed('The request must be signed by a kid and no jwk.')
      const account = accounts.find((one) => urlOf(one) === kid)
      if (account === undefined) throw new Refusal('accountDoesNotExist', `Account ${kid} not found`, 400)
      expectSignature(request, account.jwk)
      if (account.status === 'valid') return account
      throw new Refusal('unauthorized', `Account is not valid, has status "${account.status}"`, 403)
    },

    update(account, id, request) {
      if (account.id !== id) throw new Refusal('unauthorized', 'Request signing key did not match account key', 403)
      const payload = payloadOf(request)
      if (payload['status'] === 'deactivated') account.status = 'deactivated'
      if (payload['contact'] !== undefined) account.contact = contactOf(payload)
      return { body: shown(account) }
    },

    changeKey(account, request) {
      const inner = readJws(parsedPayload(request))
      const { jwk } = inner.header
      if (jwk === undefined) throw malformed('The inner JWS is signed by the new key, as a jwk.')
      expectSignature(inner, jwk)
      if (inner.header.url !== request.header.url) throw malformed('The inner JWS is for another URL.')
      if (inner.header.nonce !== undefined) throw malformed('The inner JWS has no nonce.')
      const { account: url, oldKey } = payloadOf(inner)
      if (url !== urlOf(account)) throw malformed('The inner JWS is about another account.')
      if (thumbprintOf((oldKey ?? {}) as JsonWebKey) !== thumbprintOf(account.jwk)) throw malformed('Not the old key.')
      const holder = ofKey(jwk)
      if (holder !== undefined) {
        const { answer } = malformed('New key is already in use for a different account', 409)
        return { ...answer, headers: location(holder) }
      }
      account.jwk = jwk
      return { body: shown(account) }
    },

    all: () => accounts.map((account) => ({ url: urlOf(account), status: account.status })),
    forget: () => void accounts.splice(0),
  }
}

const parsedPayload = (request: Jws): unknown => {
  if (request.payload === '') throw malformed('The payload is an inner JWS.')
  return payloadOf(request)
}

/** RFC 8555 §7.3: every CA takes mailto, and one address in it. */
function contactOf({ contact = [] }: Record<string, unknown>): string[] {
  if (!Array.isArray(contact)) throw malformed('Contacts are a list of URLs.')
  for (const url of contact) {
    if (typeof url !== 'string' || !url.startsWith('mailto:')) {
      throw new Refusal('unsupportedContact', 'Only contact method "mailto:" is supported', 400)
    }
    if (!/^mailto:[^\s@,?]+@[^\s@,?]+\.[^\s@,?]+$/.test(url)) {
      throw new Refusal('invalidContact', `"${url}" is no mailto of one address`, 400)
    }
  }
  return contact as string[]
}
