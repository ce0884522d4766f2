import { X509Certificate, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { CaProblem, type Hostname, checkIssued, outcomeOf, systemClock } from '@mooring/core'
import { createAcmeIssuer, createLeafKeyAndCsr } from '@mooring/providers'
import acme from 'acme-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryAcmeAccounts } from '../builders/acme-accounts.ts'
import { type AcmeFixture, startAcmeFixture } from './acme-fixture.ts'
import { chainOf, newHostname, place } from './issuer.contract.ts'

const { signal } = new AbortController()

async function issue(fixture: AcmeFixture, hostname: Hostname, issuer = fixture.newIssuer()): Promise<string> {
  const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
  const order = await place(issuer, hostname)
  await fixture.publish(hostname, order.challenges)
  expect(await issuer.validate(order, signal)).toEqual({ status: 'ready' })
  const chainPem = await chainOf(issuer, { order, csrDer })
  expect(checkIssued(chainPem, { hostname, keyPem, now: new Date() })).not.toBeInstanceOf(CaProblem)
  return chainPem
}

describe('the acme issuer at Pebble', () => {
  let fixture: AcmeFixture
  beforeAll(async () => void (fixture = await startAcmeFixture()))
  afterAll(() => fixture?.stop())

  it('finalizes an order once, however often and by whomever it is picked up', async () => {
    const hostname = newHostname()
    const { csrDer } = createLeafKeyAndCsr(hostname)
    const placed = await place(fixture.newIssuer(), hostname)
    await fixture.publish(hostname, placed.challenges)
    const order = { orderUrl: placed.orderUrl, challenge: placed.challenge }
    await fixture.newIssuer().validate(order, signal)

    const chains = [await chainOf(fixture.newIssuer(), { order, csrDer })]
    for (let time = 0; time < 3; time++) chains.push(await chainOf(fixture.newIssuer(), { order, csrDer }))
    expect(new Set(chains.map((pem) => new X509Certificate(pem).serialNumber)).size).toBe(1)
  })

  it('issues for many names at once, through one account', async () => {
    const issuer = fixture.newIssuer()
    const chains = await Promise.all(Array.from({ length: 24 }, () => issue(fixture, newHostname(), issuer)))
    expect(chains).toHaveLength(24)
  })

  it('registers one account, even when two processes start together', async () => {
    const { accounts, ...rest } = fixture.options
    const saved: string[] = []
    const store = memoryAcmeAccounts()
    const watched: typeof accounts = {
      ...store,
      saveUrl: (directoryUrl, accountUrl) => {
        saved.push(accountUrl)
        return store.saveUrl(directoryUrl, accountUrl)
      },
    }
    const [one, two] = [
      createAcmeIssuer({ ...rest, accounts: watched }),
      createAcmeIssuer({ ...rest, accounts: watched }),
    ]
    await Promise.all([one, one, one, two, two].map((issuer) => place(issuer, newHostname())))
    await Promise.all([one.close(), two.close()])
    expect(saved.length).toBeLessThanOrEqual(2)
    expect(new Set(saved).size).toBe(1)
  })

  it('registers the same key again when the CA forgot the account', async () => {
    const { accounts, directoryUrl } = fixture.options
    await place(fixture.newIssuer(), newHostname())
    const known = await accounts.load(directoryUrl)
    await accounts.saveUrl(directoryUrl, new URL('/my-account/forgotten', directoryUrl).href)

    await issue(fixture, newHostname())
    expect(await accounts.load(directoryUrl)).toEqual(known)
  })

  it('tells why a name was not validated, and that the customer must act', async () => {
    const hostname = newHostname()
    const issuer = fixture.newIssuer()
    const order = await place(issuer, hostname)
    const wrong = order.challenges.map((challenge) => ({ ...challenge, keyAuthorization: 'somebody.else' }))
    await fixture.publish(hostname, wrong)

    const problem = await issuer.validate(order, signal).catch((error: unknown) => error)
    expect(problem).toMatchObject({
      name: 'CaProblem',
      type: 'unauthorized',
      subproblems: [{ type: 'unauthorized', identifier: hostname, detail: expect.stringContaining('somebody.else') }],
    })
    expect(outcomeOf(problem as CaProblem, { clock: systemClock, retryAt: null })).toMatchObject({
      kind: 'retry',
      backTo: 'order_certificate',
      because: { code: 'CA_VALIDATION_FAILED', actor: 'customer' },
    })
    await expect(fixture.newIssuer().validate(order, signal)).rejects.toMatchObject({ type: 'unauthorized' })
  })

  it('tells when the name does not lead anywhere', async () => {
    const order = await place(fixture.newIssuer(), newHostname())
    await expect(fixture.newIssuer().validate(order, signal)).rejects.toMatchObject({
      name: 'CaProblem',
      type: expect.stringMatching(/^(connection|dns|unauthorized)$/),
    })
  })

  it('says that an order is lost when the CA does not know it', async () => {
    const issuer = fixture.newIssuer()
    const { orderUrl, challenge } = await place(issuer, newHostname())
    const lost = { orderUrl: `${orderUrl}x`, challenge }
    await expect(issuer.validate(lost, signal)).rejects.toMatchObject({ type: 'orderInvalid', status: 404 })
    await expect(issuer.finalize(lost, Buffer.alloc(0), signal)).rejects.toMatchObject({ type: 'orderInvalid' })
  })

  it('does not finalize what is not validated', async () => {
    const hostname = newHostname()
    const order = await place(fixture.newIssuer(), hostname)
    const { csrDer } = createLeafKeyAndCsr(hostname)
    await expect(fixture.newIssuer().finalize(order, csrDer, signal)).rejects.toMatchObject({ type: 'orderNotReady' })
  })

  it('revokes for everybody to see, and only what its account ordered', async () => {
    const [chainPem, other] = [await issue(fixture, newHostname()), await issue(fixture, newHostname())]
    const [revoked, kept] = [chainPem, other].map((pem) => new X509Certificate(pem).serialNumber) as [string, string]
    const stranger = createAcmeIssuer({ ...fixture.options, accounts: memoryAcmeAccounts() })
    await expect(stranger.revoke(chainPem, signal)).rejects.toMatchObject({ type: 'unauthorizedAccount' })
    await stranger.close()
    expect(await fixture.pebble.statusOf(revoked)).toBe('Valid')

    await fixture.newIssuer().revoke(chainPem, signal)
    await fixture.newIssuer().revoke(chainPem, signal)
    expect(await fixture.pebble.statusOf(revoked)).toBe('Revoked')
    expect(await fixture.pebble.statusOf(kept)).toBe('Valid')
  })

  it('says in plain words that a wildcard needs DNS-01, and what else there is, before it spends an order', async () => {
    const hostname = `*.${newHostname()}` as Hostname
    const refusal = await place(fixture.newIssuer(), hostname).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ name: 'CaProblem', type: 'noUsableChallenge', status: 0 })
    const { message } = refusal as CaProblem
    expect(message).toContain(`the wildcard ${hostname} needs proof by DNS-01`)
    expect(message).toMatch(/HTTP-01 was asked for.*MOORING_ISSUER=local/)
    expect(outcomeOf(refusal as CaProblem, { clock: systemClock, retryAt: null })).toEqual({
      kind: 'failed',
      because: expect.objectContaining({ code: 'CA_REJECTED', message }),
      backTo: 'order_certificate',
    })
  })

  it('issues for a wildcard and for its base by DNS-01, in another process before every call', async () => {
    const base = newHostname()
    for (const hostname of [`*.${base}` as Hostname, base]) {
      const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
      const order = await place(fixture.newIssuer(), hostname, 'dns-01')
      expect(order.challenges).toEqual([
        { type: 'dns-01', name: `_acme-challenge.${base}`, value: expect.stringMatching(/^[\w-]{43}$/) },
      ])
      await fixture.publish(hostname, order.challenges)
      expect(await fixture.newIssuer().validate(order, signal)).toEqual({ status: 'ready' })
      const chainPem = await chainOf(fixture.newIssuer(), { order, csrDer })
      expect(checkIssued(chainPem, { hostname, keyPem, now: new Date() })).not.toBeInstanceOf(CaProblem)
    }
  })

  it('tells that the TXT record was another', async () => {
    const hostname = newHostname()
    const issuer = fixture.newIssuer()
    const order = await place(issuer, hostname, 'dns-01')
    await fixture.publish(
      hostname,
      order.challenges.map((challenge) => ({ ...challenge, value: 'stale' })),
    )
    await expect(issuer.validate(order, signal)).rejects.toMatchObject({
      type: 'unauthorized',
      subproblems: [{ identifier: hostname }],
    })
  })

  it('asks for nothing that the CA does not say it can', async () => {
    const issuer = fixture.newIssuer()
    const chainPem = await issue(fixture, newHostname(), issuer)
    expect(await issuer.renewalInfo(chainPem, signal)).toBeNull()
    const renewal = await issuer.placeOrder(
      { hostname: newHostname(), challenge: 'http-01', replaces: chainPem },
      signal,
    )
    expect(renewal.replaces).toBe(false)
  })

  it('agrees with another ACME client about this CA', async () => {
    const hostname = newHostname()
    const httpsAgent = new Agent({ ca: readFileSync(fixture.pebble.caFile) })
    acme.axios.defaults.httpsAgent = httpsAgent
    const peer = new acme.Client({
      directoryUrl: fixture.pebble.directoryUrl,
      accountKey: await acme.crypto.createPrivateEcdsaKey(),
      backoffMin: 20,
      backoffMax: 200,
    })
    const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
    const theirs = await peer.auto({
      csr: `-----BEGIN CERTIFICATE REQUEST-----\n${csrDer.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`,
      email: 'ops@example.com',
      termsOfServiceAgreed: true,
      skipChallengeVerification: true,
      challengePriority: ['http-01'],
      challengeCreateFn: (_authz, { token }, keyAuthorization) =>
        fixture.publish(hostname, [{ type: 'http-01', token, keyAuthorization }]),
      challengeRemoveFn: async () => {},
    })
    httpsAgent.destroy()
    expect(checkIssued(theirs, { hostname, keyPem, now: new Date() })).not.toBeInstanceOf(CaProblem)
    const ours = new X509Certificate(await issue(fixture, hostname))
    expect(ours.subjectAltName).toBe(new X509Certificate(theirs).subjectAltName)
    expect(ours.issuer).toBe(new X509Certificate(theirs).issuer)
    expect(new X509Certificate(theirs).publicKey.equals(createPublicKey(keyPem))).toBe(true)
  })
})

describe('the acme issuer at a Pebble that is difficult', () => {
  it('issues though nine of ten nonces are refused', async () => {
    const fixture = await startAcmeFixture({ env: { PEBBLE_WFE_NONCEREJECT: '90' }, nonceRetries: 200 })
    try {
      await issue(fixture, newHostname())
    } finally {
      await fixture.stop()
    }
  })

  it('gives up on nonces after as many tries as it was told', async () => {
    const fixture = await startAcmeFixture({ env: { PEBBLE_WFE_NONCEREJECT: '100' }, nonceRetries: 5 })
    try {
      await expect(place(fixture.newIssuer(), newHostname())).rejects.toMatchObject({ type: 'badNonce' })
    } finally {
      await fixture.stop()
    }
  })

  it('needs no challenge where the CA still knows the name', async () => {
    const fixture = await startAcmeFixture({ env: { PEBBLE_AUTHZREUSE: '100' } })
    try {
      const hostname = newHostname()
      await issue(fixture, hostname)
      const issuer = fixture.newIssuer()
      const again = await place(issuer, hostname)
      expect(again.challenges).toEqual([])
      expect(await issuer.validate(again, signal)).toEqual({ status: 'ready' })
    } finally {
      await fixture.stop()
    }
  })

  it('binds its account to a customer where the CA asks for that', async () => {
    const hmacKey = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W'
    const fixture = await startAcmeFixture({ externalAccounts: { 'kid-1': hmacKey }, eab: { kid: 'kid-1', hmacKey } })
    try {
      await issue(fixture, newHostname())
      const { eab: _eab, ...unbound } = { ...fixture.options, accounts: memoryAcmeAccounts() }
      const issuer = createAcmeIssuer(unbound)
      await expect(place(issuer, newHostname())).rejects.toMatchObject({ type: 'externalAccountRequired' })
      await issuer.close()
    } finally {
      await fixture.stop()
    }
  })

  it('takes the chain to the preferred root, and the default when the CA has none', async () => {
    const fixture = await startAcmeFixture({ env: { PEBBLE_ALTERNATE_ROOTS: '2', PEBBLE_CHAIN_LENGTH: '2' } })
    try {
      const roots = await Promise.all([0, 1, 2].map((index) => fixture.pebble.rootPem(index)))
      const names = roots.map((pem) => new X509Certificate(pem).subject.replace('CN=', ''))
      expect(new Set(names).size).toBe(3)
      for (const [index, preferredChain] of [...names, 'Nobody Root'].entries()) {
        const issuer = createAcmeIssuer({ ...fixture.options, preferredChain })
        const chainPem = await issue(fixture, newHostname(), issuer)
        await issuer.close()
        const last = new X509Certificate(chainPem.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g)?.at(-1) ?? '')
        expect(last.issuer, preferredChain).toBe(`CN=${names[index] ?? names[0]}`)
      }
    } finally {
      await fixture.stop()
    }
  })
})
