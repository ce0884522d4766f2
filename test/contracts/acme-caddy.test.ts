import { X509Certificate, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { CaProblem, type Hostname, checkIssued, createKeyCustody } from '@mooring/core'
import { createAcmeIssuer, createLeafKeyAndCsr } from '@mooring/providers'
import acme from 'acme-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryAcmeAccounts } from '../builders/acme-accounts.ts'
import { type Caddy, canIsolate, startCaddy } from '../services/caddy.ts'
import { type IssuerFixture, chainOf, issuerContract, newHostname, place } from './issuer.contract.ts'

const { signal } = new AbortController()

interface CaddyFixture extends IssuerFixture {
  caddy: Caddy
}

async function startCaddyFixture(): Promise<CaddyFixture> {
  const { address, stop } = await startCaddy()
  const issuers: { close(): Promise<void> }[] = []
  const options = {
    directoryUrl: address.directoryUrl,
    caFile: address.caFile,
    accounts: memoryAcmeAccounts(),
    custody: createKeyCustody(randomBytes(32).toString('hex')),
  }
  return {
    caddy: address,
    newIssuer: () => {
      const issuer = createAcmeIssuer(options)
      issuers.push(issuer)
      return issuer
    },
    publish: async (_hostname, challenges) => {
      for (const challenge of challenges) {
        if (challenge.type === 'dns-01') await address.setTXT(challenge.name, [challenge.value])
        else await address.addHttp01(challenge.token, challenge.keyAuthorization)
      }
    },
    rootPem: () => address.rootPem(),
    stop: async () => {
      await Promise.all(issuers.map((issuer) => issuer.close()))
      await stop()
    },
  }
}

// It runs in a network namespace. Where the kernel gives none, the suite is skipped, except where CI=true.
const mayRun = process.env['CI'] === 'true' || canIsolate()
if (!mayRun) process.stderr.write('Skipped: test/contracts/acme-caddy.test.ts (unshare --map-root-user --net fails)\n')
const suite = mayRun ? describe : describe.skip

suite('Caddy’s ACME server', () => {
  issuerContract('acme', startCaddyFixture)

  let fixture: CaddyFixture
  beforeAll(async () => void (fixture = await startCaddyFixture()))
  afterAll(() => fixture?.stop())

  it('gives the acme issuer a wildcard by DNS-01', async () => {
    const hostname = `*.${newHostname()}` as Hostname
    const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
    const issuer = fixture.newIssuer()
    const order = await place(issuer, hostname, 'dns-01')
    await fixture.publish(hostname, order.challenges)
    expect(await issuer.validate(order, signal)).toEqual({ status: 'ready' })
    const chainPem = await chainOf(issuer, { order, csrDer })
    expect(checkIssued(chainPem, { hostname, keyPem, now: new Date() })).not.toBeInstanceOf(CaProblem)
  })

  // The order and its authorization stay pending then, against RFC 8555 §7.1.6: a client that asks only for those waits
  // until they expire.
  it('tells the acme issuer by the challenge alone that the order is lost', async () => {
    const hostname = newHostname()
    const issuer = fixture.newIssuer()
    const order = await place(issuer, hostname, 'http-01')
    expect(await issuer.validate(order, signal)).toMatchObject({ status: 'pending' })
    await expect(issuer.validate(order, signal)).rejects.toMatchObject({
      type: 'orderInvalid',
      subproblems: [{ type: 'rejectedIdentifier', identifier: hostname }],
    })
  })

  it.each(['http-01', 'dns-01'] as const)('serves acme-client by %s', async (type) => {
    const httpsAgent = new Agent({ ca: readFileSync(fixture.caddy.caFile) })
    acme.axios.defaults.httpsAgent = httpsAgent
    const peer = new acme.Client({
      directoryUrl: fixture.caddy.directoryUrl,
      accountKey: await acme.crypto.createPrivateEcdsaKey(),
      backoffMin: 20,
      backoffMax: 200,
    })
    const hostname = newHostname()
    const [, csr] = await acme.crypto.createCsr({ altNames: [hostname] })
    const { addHttp01, setTXT } = fixture.caddy
    const chain = await peer.auto({
      csr,
      email: 'ops@example.com',
      termsOfServiceAgreed: true,
      skipChallengeVerification: true,
      challengePriority: [type],
      challengeCreateFn: (_authorization, { token }, content) =>
        type === 'http-01' ? addHttp01(token, content) : setTXT(`_acme-challenge.${hostname}`, [content]),
      challengeRemoveFn: async () => {},
    })
    expect(new X509Certificate(chain).subjectAltName).toBe(`DNS:${hostname}`)
    await peer.revokeCertificate(acme.crypto.splitPemChain(chain)[0] ?? '')
    await peer.updateAccount({ status: 'deactivated' })
    await expect(peer.createOrder({ identifiers: [{ type: 'dns', value: hostname }] })).rejects.toThrow()
    httpsAgent.destroy()
  })
})
