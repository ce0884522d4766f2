import { X509Certificate, createHmac, randomBytes } from 'node:crypto'
import acme from 'acme-client'
import { afterEach, describe, expect, it } from 'vitest'
import { type ScriptedCa, type ScriptedCaOptions, startScriptedCa } from './scripted-ca.ts'

/**
 * What acme-client and the scripted CA make of each other: a client that nobody here wrote, so that the CA cannot agree
 * with our own mistakes.
 */
let ca: ScriptedCa
afterEach(() => ca.stop())

interface PeerOptions {
  accountKey?: Buffer
  externalAccountBinding?: { kid: string; hmacKey: string }
}

async function newPeer({ accountKey, ...options }: PeerOptions = {}) {
  const key = accountKey ?? (await acme.crypto.createPrivateEcdsaKey())
  return new acme.Client({
    directoryUrl: ca.directoryUrl,
    accountKey: key,
    backoffMin: 5,
    backoffMax: 20,
    ...options,
  })
}

/** What stands at names and paths, as `validates` of the CA finds it. */
const shown = new Map<string, string>()
const looking: ScriptedCaOptions = {
  validates: ({ type, token, content }, hostname) => {
    const found = shown.get(type === 'http-01' ? token : `_acme-challenge.${hostname}`)
    return found === content ? null : { type: 'unauthorized', detail: `found ${found ?? 'nothing'}` }
  },
}

async function certify(peer: acme.Client, names: string[], type: 'http-01' | 'dns-01'): Promise<string> {
  const [, csr] = await acme.crypto.createCsr({ altNames: names })
  return peer.auto({
    csr,
    email: 'ops@example.com',
    termsOfServiceAgreed: true,
    skipChallengeVerification: true,
    challengePriority: [type],
    challengeCreateFn: async ({ identifier }, { token }, content) =>
      void shown.set(type === 'http-01' ? token : `_acme-challenge.${identifier.value}`, content),
    challengeRemoveFn: async () => {},
  })
}

describe('the scripted CA, for acme-client', () => {
  it.each([
    ['http-01', ['shop.example.com', 'www.shop.example.com']],
    ['dns-01', ['*.shop.example.com']],
  ] as const)('issues by %s for %s', async (type, names) => {
    ca = await startScriptedCa(looking)
    const chain = acme.crypto.splitPemChain(await certify(await newPeer(), [...names], type))
    const [leaf, intermediate] = chain.map((pem) => new X509Certificate(pem)) as [X509Certificate, X509Certificate]
    expect(leaf.subjectAltName).toBe(names.map((name) => `DNS:${name}`).join(', '))
    expect(leaf.checkIssued(intermediate) && leaf.verify(intermediate.publicKey)).toBe(true)
    expect(intermediate.verify(new X509Certificate(ca.rootsPem[0]).publicKey)).toBe(true)
  })

  it('invalidates the order when what it looks for is not there', async () => {
    ca = await startScriptedCa({ validates: () => ({ type: 'dns', detail: 'no such name' }) })
    await expect(certify(await newPeer(), ['shop.example.com'], 'http-01')).rejects.toThrow('no such name')
    expect(ca.certificates).toEqual([])
  })

  it('offers no HTTP-01 for a wildcard', async () => {
    ca = await startScriptedCa()
    const peer = await newPeer()
    await peer.createAccount({ termsOfServiceAgreed: true })
    const order = await peer.createOrder({ identifiers: [{ type: 'dns', value: '*.example.com' }] })
    const [authorization] = await peer.getAuthorizations(order)
    expect(authorization).toMatchObject({ wildcard: true, identifier: { value: 'example.com' } })
    expect(authorization?.challenges.map(({ type }) => type)).toEqual(['dns-01'])
  })

  it('takes only accounts that are bound to a customer, where it is told to', async () => {
    const hmacKey = randomBytes(32).toString('base64url')
    ca = await startScriptedCa({ externalAccounts: { 'kid-1': hmacKey } })
    const bound = await newPeer({ externalAccountBinding: { kid: 'kid-1', hmacKey } })
    await certify(bound, ['shop.example.com'], 'http-01')
    await expect(certify(await newPeer(), ['shop.example.com'], 'http-01')).rejects.toThrow('must be bound')
    const forged = createHmac('sha256', 'guess').digest('base64url')
    const forger = await newPeer({ externalAccountBinding: { kid: 'kid-1', hmacKey: forged } })
    await expect(certify(forger, ['shop.example.com'], 'http-01')).rejects.toThrow('does not verify')
  })

  it('knows an account by its key, and by its new key after a change', async () => {
    ca = await startScriptedCa()
    const [oldKey, newKey] = await Promise.all([
      acme.crypto.createPrivateEcdsaKey(),
      acme.crypto.createPrivateRsaKey(2048),
    ])
    const peer = await newPeer({ accountKey: oldKey })
    await peer.createAccount({ termsOfServiceAgreed: true })
    const url = peer.getAccountUrl()
    await peer.updateAccountKey(newKey)

    const again = await newPeer({ accountKey: newKey })
    await again.createAccount({ onlyReturnExisting: true })
    expect(again.getAccountUrl()).toBe(url)
    await certify(again, ['shop.example.com'], 'http-01')
    const stale = await newPeer({ accountKey: oldKey })
    await expect(stale.createAccount({ onlyReturnExisting: true })).rejects.toThrow('No account exists')
  })

  it('does not give one account the key of another', async () => {
    ca = await startScriptedCa()
    const [mine, theirs] = await Promise.all([acme.crypto.createPrivateEcdsaKey(), acme.crypto.createPrivateEcdsaKey()])
    const [peer, other] = [await newPeer({ accountKey: mine }), await newPeer({ accountKey: theirs })]
    await peer.createAccount({ termsOfServiceAgreed: true })
    await other.createAccount({ termsOfServiceAgreed: true })
    await expect(peer.updateAccountKey(theirs)).rejects.toThrow('already in use')
  })

  it('serves a deactivated account no more', async () => {
    ca = await startScriptedCa()
    const accountKey = await acme.crypto.createPrivateEcdsaKey()
    const peer = await newPeer({ accountKey })
    await peer.createAccount({ termsOfServiceAgreed: true, contact: ['mailto:ops@example.com'] })
    await peer.updateAccount({ status: 'deactivated' })
    expect(ca.accounts()).toEqual([{ url: peer.getAccountUrl(), status: 'deactivated' }])
    const identifiers = [{ type: 'dns', value: 'shop.example.com' }]
    await expect(peer.createOrder({ identifiers })).rejects.toThrow('deactivated')
    await expect((await newPeer({ accountKey })).createAccount()).rejects.toThrow('is deactivated')
  })

  it('revokes once, and only for whoever ordered', async () => {
    ca = await startScriptedCa()
    const [owner, stranger] = [await newPeer(), await newPeer()]
    const [leaf = ''] = acme.crypto.splitPemChain(await certify(owner, ['shop.example.com'], 'http-01'))
    await stranger.createAccount({ termsOfServiceAgreed: true })
    await expect(stranger.revokeCertificate(leaf)).rejects.toThrow('did not order')
    // Its types want a member of an enum that it does not export.
    const because = (reason: number) => ({ reason: reason as never })
    await expect(owner.revokeCertificate(leaf, because(7))).rejects.toThrow('disallowed')
    await owner.revokeCertificate(leaf, because(4))
    expect(ca.revoked).toEqual([new X509Certificate(leaf).serialNumber])
    await expect(owner.revokeCertificate(leaf)).rejects.toThrow('already revoked')
  })

  it('has an alternate chain, to its other root', async () => {
    ca = await startScriptedCa()
    const peer = await newPeer()
    const [, csr] = await acme.crypto.createCsr({ altNames: ['shop.example.com'] })
    await peer.createAccount({ termsOfServiceAgreed: true })
    const order = await peer.createOrder({ identifiers: [{ type: 'dns', value: 'shop.example.com' }] })
    for (const { challenges } of await peer.getAuthorizations(order)) {
      for (const challenge of challenges.slice(0, 1)) await peer.completeChallenge(challenge)
    }
    const finalized = await peer.finalizeOrder(await peer.waitForValidStatus(order), csr)
    const issuers = async (root: string) =>
      acme.crypto
        .splitPemChain(await peer.getCertificate(finalized, root))
        .map((pem) => new X509Certificate(pem).issuer)
    expect(await issuers('Scripted Root A')).toEqual(['CN=Scripted Intermediate', 'CN=Scripted Root A'])
    expect(await issuers('Scripted Root B')).toEqual(['CN=Scripted Intermediate', 'CN=Scripted Root B'])
  })

  it('signs late, and issues the same certificate then', async () => {
    ca = await startScriptedCa()
    ca.processNext({ polls: 3, retryAfterS: 0 })
    const chain = await certify(await newPeer(), ['shop.example.com'], 'http-01')
    expect(ca.certificates.map(({ chainPem }) => chainPem.trim())).toEqual([chain.trim()])
    expect(ca.finalized).toHaveLength(1)
  })

  it('refuses nine of ten nonces, and takes the tenth', async () => {
    ca = await startScriptedCa({ badNonces: 0.9 })
    const peer = await newPeer()
    await expect(peer.createAccount({ termsOfServiceAgreed: true })).rejects.toThrow('anti-replay nonce')
  })

  it.each([
    ['for other names', ['other.example.com'], 'CSR is for other.example.com'],
    [
      'for one name too many',
      ['shop.example.com', 'other.example.com'],
      'CSR is for other.example.com, shop.example.com',
    ],
  ])('takes no request %s', async (_what, altNames, complaint) => {
    ca = await startScriptedCa()
    const peer = await newPeer()
    await peer.createAccount({ termsOfServiceAgreed: true })
    const order = await peer.createOrder({ identifiers: [{ type: 'dns', value: 'shop.example.com' }] })
    const [, csr] = await acme.crypto.createCsr({ altNames })
    await expect(peer.finalizeOrder(order, csr)).rejects.toThrow('is not acceptable for finalization')
    const [authorization] = await peer.getAuthorizations(order)
    await peer.completeChallenge(authorization?.challenges[0] as acme.Authorization['challenges'][number])
    await expect(peer.finalizeOrder(order, csr)).rejects.toThrow(complaint)
    expect(ca.certificates).toEqual([])
  })
})
