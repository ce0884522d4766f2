import { X509Certificate } from 'node:crypto'
import { type Hostname, MINUTE, after } from '@mooring/core'
import { describe, expect, it } from 'vitest'
import { place } from './issuer.contract.ts'
import { type Script, problem } from './scripted-ca.ts'
import { issue, refused, useScriptedCa, withBody } from './use-scripted-ca.ts'

const hostname = 'shop.example.com' as Hostname
const { signal } = new AbortController()
const { ca, newIssuer } = useScriptedCa()

describe('the acme issuer and profiles', () => {
  const offering = (profiles: unknown) => ca().always('directory', withBody({ meta: { profiles } }))

  it('says before it orders that the CA has no such profile, and which it has', async () => {
    offering({ classic: '', tlsserver: '', 'a b': '' })
    const refusal = await refused(place(newIssuer({ profile: 'constructor' }), hostname))
    expect(refusal).toMatchObject({ type: 'invalidProfile', status: 0 })
    expect(refusal.message).toContain('no profile "constructor"; it has classic, tlsserver.')
    expect(ca().asked('newOrder')).toBe(0)
  })

  it('orders by the profile that was chosen, and passes on what the CA says to it', async () => {
    offering({ shortlived: 'six days' })
    expect(await refused(place(newIssuer({ profile: 'shortlived' }), hostname))).toMatchObject({
      type: 'invalidProfile',
      status: 400,
      message: expect.stringContaining('shortlived'),
    })
  })

  it('asks a CA that lists none, or nothing that makes sense', async () => {
    for (const profiles of [undefined, 'classic', ['classic']]) {
      offering(profiles)
      const refusal = await refused(place(newIssuer({ profile: 'x' }), hostname))
      expect(refusal).toMatchObject({ type: 'invalidProfile', status: 400 })
    }
  })
})

describe('the acme issuer at a CA that moves', () => {
  const newClock = () => {
    const clock = { at: new Date(), now: () => clock.at }
    return clock
  }

  it('finds the new addresses in the directory, which it reads again for that', async () => {
    const clock = newClock()
    const issuer = newIssuer({ clock })
    const chainPem = await issue(issuer, hostname)
    clock.at = after(clock.at, 2 * MINUTE)
    ca().moveResources()
    await issue(issuer, hostname)
    await issuer.revoke(chainPem, signal)
    expect(ca().asked('directory')).toBe(2)
  })

  it('reads it once a minute at most, however often nothing is there', async () => {
    const clock = newClock()
    const issuer = newIssuer({ clock })
    await issuer.register(signal)
    ca().always('newOrder', problem('malformed', 'Nothing is here.', 404))
    for (const [minutes, expected] of [
      [0, 1],
      [2, 2],
    ] as const) {
      clock.at = after(clock.at, minutes * MINUTE)
      for (let time = 0; time < 4; time++) {
        expect(await refused(place(issuer, hostname))).toMatchObject({ status: 404 })
      }
      expect(ca().asked('directory')).toBe(expected)
    }
  })

  it('reads the directory again after an hour', async () => {
    const clock = newClock()
    const issuer = newIssuer({ clock })
    for (const minutes of [0, 30, 20, 20, 59]) {
      clock.at = after(clock.at, minutes * MINUTE)
      await place(issuer, hostname)
    }
    expect(ca().asked('directory')).toBe(2)
  })

  it('follows no redirect of the directory, and says where it points', async () => {
    ca().next('directory', { status: 301, headers: { location: 'https://new.example.net/directory' } })
    const refusal = await refused(newIssuer().register(signal))
    expect(refusal).toMatchObject({ type: 'unexpectedAnswer', status: 301 })
    expect(refusal.message).toMatch(/points to https:\/\/new\.example\.net\/directory .*set the new address/)
  })

  it.each(['newNonce', 'newAccount', 'newOrder'])('sends nothing where %s is not https', async (resource) => {
    ca().always('directory', withBody({ [resource]: 'http://192.0.2.1/' }))
    expect(await refused(place(newIssuer(), hostname))).toMatchObject({
      type: 'unexpectedAnswer',
      message: expect.stringContaining('not https'),
    })
  })
})

describe('the acme issuer that prefers a root', () => {
  const origin = () => new URL(ca().directoryUrl).origin
  const linking = (...urls: string[]): Script => {
    const link = urls.map((url) => `<${url}>;rel="alternate"`).join(', ')
    return (usual) => ({ ...usual, headers: { link } })
  }
  const lastIssuerOf = (chainPem: string): string =>
    new X509Certificate(chainPem.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g)?.at(-1) ?? '').issuer

  it('takes the chain that ends there, and the default without a preference', async () => {
    const [first, second] = ca().rootsPem.map((pem) => new X509Certificate(pem).subject) as [string, string]
    expect(first).not.toBe(second)
    for (const [preferredChain, expected] of [
      [undefined, first],
      ['Nobody Root', first],
      [/^CN=(.*)$/m.exec(first)?.[1], first],
      [/^CN=(.*)$/m.exec(second)?.[1], second],
    ]) {
      expect(lastIssuerOf(await issue(newIssuer({ preferredChain }), hostname)), preferredChain).toBe(expected)
    }
  })

  it('takes no other leaf for an alternate chain', async () => {
    const [, second] = ca().rootsPem.map((pem) => new X509Certificate(pem).subject) as [string, string]
    const preferredChain = /^CN=(.*)$/m.exec(second)?.[1]
    const other = await issue(newIssuer({ preferredChain }), hostname)
    ca().next('certificate', (usual) => usual, { type: 'application/pem-certificate-chain', body: other })
    expect(await issue(newIssuer({ preferredChain }), hostname)).not.toBe(other)
  })

  it.each<[string, () => string[]]>([
    ['elsewhere, unencrypted', () => ['http://169.254.169.254/latest']],
    ['in a file', () => ['file:///etc/passwd']],
    ['no URL', () => ['http://[', '']],
    ['not there', () => [`${origin()}/certificate/none`]],
  ])('takes the default when the alternate is %s', async (_where, urls) => {
    ca().next('certificate', linking(...urls()))
    expect(await issue(newIssuer({ preferredChain: 'Other Root' }), hostname)).toContain('BEGIN CERTIFICATE')
  })

  it('looks at four alternates at most, and at none when nothing is preferred', async () => {
    const many = Array.from({ length: 50 }, (_, index) => `${origin()}/certificate/n${index}`)
    ca().next('certificate', linking(...many))
    await issue(newIssuer({ preferredChain: 'Other Root' }), hostname)
    expect(ca().asked('certificate')).toBe(5)
    ca().next('certificate', linking(...many))
    await issue(newIssuer(), hostname)
    expect(ca().asked('certificate')).toBe(6)
  })
})
