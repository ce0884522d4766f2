import { X509Certificate } from 'node:crypto'
import {
  CaProblem,
  type ChallengeType,
  type Hostname,
  type Issuer,
  type OrderToProve,
  type PlacedOrder,
  checkIssued,
} from '@mooring/core'
import { createLeafKeyAndCsr } from '@mooring/providers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** What an issuer's suite needs around it. */
export interface IssuerFixture {
  /** A new client, as a process has after a start; all of them share what the fleet stores. */
  newIssuer(): Issuer
  /** Makes the name resolve and shows the answers, as customer and edges do. */
  publish(hostname: Hostname, challenges: PlacedOrder['challenges']): Promise<void>
  /** The root of what is issued. */
  rootPem(): Promise<string>
  stop(): Promise<void>
}

let count = 0
export const newHostname = (): Hostname => `n${count++}-${Date.now()}.example.com` as Hostname

/** Places an order for a new name; what comes back is all that a later process needs. */
export async function place(
  issuer: Issuer,
  hostname: Hostname,
  challenge: ChallengeType = issuer.challenges[0] ?? 'http-01',
): Promise<PlacedOrder & OrderToProve> {
  const { signal } = new AbortController()
  return { ...(await issuer.placeOrder({ hostname, challenge, replaces: null }, signal)), challenge }
}

/** What every issuer does for the machine's three certificate steps. */
export function issuerContract(name: string, start: () => Promise<IssuerFixture>): void {
  describe(`the ${name} issuer`, () => {
    let fixture: IssuerFixture
    beforeAll(async () => void (fixture = await start()))
    afterAll(() => fixture?.stop())

    const { signal } = new AbortController()

    it('takes a name from an order to a certificate that fits it', async () => {
      const hostname = newHostname()
      const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
      const issuer = fixture.newIssuer()

      const order = await place(issuer, hostname)
      await fixture.publish(hostname, order.challenges)
      expect(await issuer.validate(order, signal)).toEqual({ status: 'ready' })
      const chainPem = await chainOf(issuer, { order, csrDer })

      const issued = checkIssued(chainPem, { hostname, keyPem, now: new Date() })
      if (issued instanceof CaProblem) throw issued
      await expectRoot(issued.chainPem, await fixture.rootPem())
    })

    it('takes a name by every challenge that it says it can answer', async () => {
      for (const challenge of fixture.newIssuer().challenges) {
        const hostname = newHostname()
        const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
        const issuer = fixture.newIssuer()
        const order = await place(issuer, hostname, challenge)
        // One that publishes its answers by itself, when it finalizes, leaves nothing to show before.
        for (const { type } of order.challenges) expect(type).toBe(challenge)
        await fixture.publish(hostname, order.challenges)
        expect(await issuer.validate(order, signal)).toEqual({ status: 'ready' })
        const chainPem = await chainOf(issuer, { order, csrDer })
        expect(checkIssued(chainPem, { hostname, keyPem, now: new Date() })).not.toBeInstanceOf(CaProblem)
      }
    })

    it('registers beforehand, however often and by whichever process it is asked', async () => {
      const issuer = fixture.newIssuer()
      await Promise.all([issuer.register(signal), issuer.register(signal), fixture.newIssuer().register(signal)])
      await issuer.register(signal)
      expect((await place(issuer, newHostname())).orderUrl).toMatch(/^\w+:/)
    })

    it('renews a certificate for the same name, and says whether the order counts as its replacement', async () => {
      const hostname = newHostname()
      const issuer = fixture.newIssuer()
      const chains: string[] = []
      for (const replaces of [null, 'the one before']) {
        const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
        const challenge = issuer.challenges[0] ?? 'http-01'
        const need = { hostname, challenge, replaces: replaces === null ? null : (chains[0] ?? '') }
        const order = { ...(await issuer.placeOrder(need, signal)), challenge }
        expect(typeof order.replaces).toBe('boolean')
        if (replaces === null) expect(order.replaces).toBe(false)
        await fixture.publish(hostname, order.challenges)
        expect(await issuer.validate(order, signal)).toEqual({ status: 'ready' })
        chains.push(await chainOf(issuer, { order, csrDer }))
        expect(checkIssued(chains.at(-1) ?? '', { hostname, keyPem, now: new Date() })).not.toBeInstanceOf(CaProblem)
      }
      expect(new Set(chains.map((pem) => new X509Certificate(pem).serialNumber)).size).toBe(2)
      const info = await issuer.renewalInfo(chains[1] ?? '', signal)
      if (info === null) return
      expect(info.window.end.getTime()).toBeGreaterThan(info.window.start.getTime())
      expect(info.retryAt.getTime()).toBeGreaterThan(Date.now())
    })

    it('goes on from the order’s URL alone, in another process before every call', async () => {
      const hostname = newHostname()
      const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
      const placed = await place(fixture.newIssuer(), hostname)
      await fixture.publish(hostname, placed.challenges)
      const order = { orderUrl: placed.orderUrl, challenge: placed.challenge }

      expect(await fixture.newIssuer().validate(order, signal)).toEqual({ status: 'ready' })
      const chainPem = await chainOf(fixture.newIssuer(), { order, csrDer })
      expect(checkIssued(chainPem, { hostname, keyPem, now: new Date() })).not.toBeInstanceOf(CaProblem)
    })

    it('repeats validate and finalize without harm', async () => {
      const hostname = newHostname()
      const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
      const issuer = fixture.newIssuer()
      const order = await place(issuer, hostname)
      await fixture.publish(hostname, order.challenges)

      for (let time = 0; time < 3; time++) expect(await issuer.validate(order, signal)).toEqual({ status: 'ready' })
      for (let time = 0; time < 3; time++) {
        const chainPem = await chainOf(issuer, { order, csrDer })
        expect(checkIssued(chainPem, { hostname, keyPem, now: new Date() })).not.toBeInstanceOf(CaProblem)
        expect(await issuer.validate(order, signal)).toEqual({ status: 'ready' })
      }
    })

    it('refuses a request that is none', async () => {
      const hostname = newHostname()
      const issuer = fixture.newIssuer()
      const order = await place(issuer, hostname)
      await fixture.publish(hostname, order.challenges)
      await issuer.validate(order, signal)
      const finalized = issuer.finalize(order, Buffer.from('not a request'), signal)
      await expect(finalized).rejects.toBeInstanceOf(CaProblem)
    })

    it('says what CAA records call it, or that nobody says', async () => {
      const identities = await fixture.newIssuer().caaIdentities(signal)
      for (const identity of identities) expect(identity).toMatch(/^[a-z0-9.-]+$/)
    })

    it('revokes a certificate, however often and by whichever process it is asked', async () => {
      const hostname = newHostname()
      const { csrDer } = createLeafKeyAndCsr(hostname)
      const issuer = fixture.newIssuer()
      const order = await place(issuer, hostname)
      await fixture.publish(hostname, order.challenges)
      await issuer.validate(order, signal)
      const chainPem = await chainOf(issuer, { order, csrDer })

      await issuer.revoke(chainPem, signal)
      await issuer.revoke(chainPem, signal)
      await fixture.newIssuer().revoke(chainPem, signal)
    })

    it('stops when the caller gives up', async () => {
      const reason = new Error('the process stops')
      const aborted = AbortSignal.abort(reason)
      const issuer = fixture.newIssuer()
      const need = { hostname: newHostname(), challenge: issuer.challenges[0] ?? 'http-01', replaces: null } as const
      await expect(issuer.register(aborted)).rejects.toBe(reason)
      await expect(issuer.placeOrder(need, aborted)).rejects.toBe(reason)
      const order = await place(issuer, newHostname())
      await expect(issuer.validate(order, aborted)).rejects.toBe(reason)
      await expect(issuer.finalize(order, Buffer.alloc(0), aborted)).rejects.toBe(reason)
      await expect(issuer.caaIdentities(aborted)).rejects.toBe(reason)
      await expect(issuer.revoke(await fixture.rootPem(), aborted)).rejects.toBe(reason)
      await expect(issuer.renewalInfo(await fixture.rootPem(), aborted)).rejects.toBe(reason)
    })
  })
}

/** Finalizes as the machine does: a CA that is still signing is asked again. */
export async function chainOf(
  issuer: Issuer,
  { order, csrDer }: { order: { orderUrl: string }; csrDer: Buffer },
): Promise<string> {
  const { signal } = new AbortController()
  for (;;) {
    const finalized = await issuer.finalize(order, csrDer, signal)
    if (finalized.status === 'issued') return finalized.chainPem
  }
}

async function expectRoot(chainPem: string, rootPem: string): Promise<void> {
  const last = new X509Certificate(chainPem.match(/-----BEGIN [^]+?-----END CERTIFICATE-----/g)?.at(-1) ?? '')
  expect(last.verify(new X509Certificate(rootPem).publicKey)).toBe(true)
}
