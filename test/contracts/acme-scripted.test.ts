import { createPublicKey } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CaProblem, HOUR, type Hostname, MINUTE, SECOND, after, checkIssued } from '@mooring/core'
import { createLeafKeyAndCsr, createLocalCa, signLeaf } from '@mooring/providers'
import { describe, expect, it } from 'vitest'
import { place } from './issuer.contract.ts'
import { type Script, type Scripted, type ScriptedCa, problem } from './scripted-ca.ts'
import { expectWithin, fromNow, refused, useScriptedCa, withBody } from './use-scripted-ca.ts'

const hostname = 'shop.example.com' as Hostname
const { signal } = new AbortController()
const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)

const { ca, newIssuer } = useScriptedCa()

async function issue(issuer = newIssuer()) {
  const order = await place(issuer, hostname)
  expect(await issuer.validate(order, signal)).toEqual({ status: 'ready' })
  const finalized = await issuer.finalize(order, csrDer, signal)
  if (finalized.status !== 'issued') throw new Error('not issued')
  return checkIssued(finalized.chainPem, { hostname, keyPem, now: new Date() })
}

describe('the acme issuer at a CA that behaves', () => {
  it('needs six requests for a certificate that is signed at once, and no nonce of its own', async () => {
    const issuer = newIssuer()
    await issue(issuer)
    const before = ca().total()
    expect(await issue(issuer)).not.toBeInstanceOf(CaProblem)
    expect(ca().total() - before).toBe(6)
    expect(ca().asked('nonce')).toBe(1)
  })

  it('has no more calls under way than it may, and serves them in turn', async () => {
    const issuer = newIssuer({ concurrency: 2 })
    let [inHand, most] = [0, 0]
    ca().always('newOrder', (usual) => {
      inHand += 1
      most = Math.max(most, inHand)
      return usual
    })
    ca().always('authorization', (usual) => {
      inHand -= 1
      return usual
    })
    await Promise.all(Array.from({ length: 10 }, () => place(issuer, hostname)))
    expect(most).toBe(2)
  })
})

describe('the acme issuer at a CA that is busy', () => {
  it('reads Retry-After in seconds', async () => {
    ca().next('newOrder', problem('rateLimited', 'too many new orders', 429, { 'retry-after': '120' }))
    const refusal = await refused(place(newIssuer(), hostname))
    expect(refusal).toMatchObject({ type: 'rateLimited', status: 429, unpauseUrl: null })
    expectWithin(fromNow(refusal.retryAt), 118 * SECOND, 120 * SECOND)
  })

  it('reads Retry-After as a date by the CA’s clock, which is an hour ahead of ours', async () => {
    const theirs = Date.now() + HOUR
    const headers = { date: new Date(theirs).toUTCString(), 'retry-after': new Date(theirs + 2 * MINUTE).toUTCString() }
    ca().next('newOrder', problem('rateLimited', 'too many new orders', 429, headers))
    const refusal = await refused(place(newIssuer(), hostname))
    expectWithin(fromNow(refusal.retryAt), 118 * SECOND, 122 * SECOND)
  })

  it('takes no Retry-After for a wish of years', async () => {
    ca().next('newOrder', problem('rateLimited', 'later', 429, { 'retry-after': '999999999' }))
    const refusal = await refused(place(newIssuer(), hostname))
    expectWithin(fromNow(refusal.retryAt), 6 * 24 * HOUR, 7 * 24 * HOUR)
  })

  it('knows a pause by its page', async () => {
    const detail =
      'Your account is temporarily prevented from requesting certificates for shop.example.com and possibly others. ' +
      'Please visit: https://unpause.example.net/sfe/v1/unpause?jwt=ey.J-h.b_c.'
    ca().next('newOrder', problem('rateLimited', detail, 429))
    const refusal = await refused(place(newIssuer(), hostname))
    expect(refusal.unpauseUrl).toBe('https://unpause.example.net/sfe/v1/unpause?jwt=ey.J-h.b_c')
  })

  it('passes on that the service is busy, also when a proxy says so in HTML', async () => {
    const html: Scripted = { status: 503, type: 'text/html', headers: { 'retry-after': '5' }, body: '<h1>Busy</h1>' }
    ca().next('newOrder', problem('rateLimited', 'Service busy; retry later.', 503), html)
    const issuer = newIssuer()
    expect(await refused(place(issuer, hostname))).toMatchObject({ status: 503, type: 'rateLimited' })
    const second = await refused(place(issuer, hostname))
    expect(second).toMatchObject({ status: 503, type: 'unexpectedAnswer' })
    expectWithin(fromNow(second.retryAt), 3 * SECOND, 5 * SECOND)
  })

  it('comes back later instead of waiting when the CA wants more than seconds', async () => {
    const issuer = newIssuer()
    const order = await place(issuer, hostname)
    const slow =
      (status: string): Script =>
      (usual) => ({ ...usual, headers: { 'retry-after': '600' }, body: { ...(usual.body as object), status } })
    ca().next('order', slow('pending'))
    const validating = await issuer.validate(order, signal)
    expect(validating).toMatchObject({ status: 'pending' })
    expectWithin(fromNow((validating as { retryAt: Date }).retryAt), 9 * MINUTE, 10 * MINUTE)

    expect(await issuer.validate(order, signal)).toEqual({ status: 'ready' })
    ca().next('finalize', slow('processing'))
    expect(await issuer.finalize(order, csrDer, signal)).toMatchObject({ status: 'processing' })
    expect(await issuer.finalize(order, csrDer, signal)).toMatchObject({ status: 'issued' })
    expect(ca().finalized).toHaveLength(1)
  })

  it('polls for about three seconds, then says when to come back', async () => {
    const issuer = newIssuer()
    const order = await place(issuer, hostname)
    ca().always('order', withBody({ status: 'pending' }))
    const startedAt = performance.now()
    const progress = await issuer.validate(order, signal)
    expectWithin(performance.now() - startedAt, 2500, 4000)
    expect(progress).toMatchObject({ status: 'pending' })
    expectWithin(fromNow((progress as { retryAt: Date }).retryAt), 0, 2 * SECOND)
    expect(ca().asked('order')).toBeLessThan(25)
  })

  it('stops polling the moment the caller gives up', async () => {
    const issuer = newIssuer()
    const order = await place(issuer, hostname)
    const stopping = new AbortController()
    const reason = new Error('the process stops')
    ca().always('order', (usual) => {
      stopping.abort(reason)
      return { ...usual, body: { ...(usual.body as object), status: 'pending' } }
    })
    await expect(issuer.validate(order, stopping.signal)).rejects.toBe(reason)
  })
})

describe('the acme issuer at a CA that fails in the middle', () => {
  it('finalizes once though the connection was cut right after', async () => {
    const issuer = newIssuer()
    const order = await place(issuer, hostname)
    await issuer.validate(order, signal)
    ca().next('finalize', { cuts: true })
    expect(await issuer.finalize(order, csrDer, signal)).toMatchObject({ status: 'issued' })
    expect(ca().finalized).toHaveLength(1)
  })

  it('finalizes once though the process died while it waited for the answer', async () => {
    const issuer = newIssuer()
    const order = await place(issuer, hostname)
    await issuer.validate(order, signal)
    const dying = new AbortController()
    ca().next('finalize', (usual) => {
      dying.abort()
      return { ...usual, hangs: true }
    })
    await expect(issuer.finalize(order, csrDer, dying.signal)).rejects.toThrow()
    expect(await newIssuer().finalize(order, csrDer, signal)).toMatchObject({ status: 'issued' })
    expect(ca().finalized).toHaveLength(1)
  })

  it('goes on wherever it died, with the same order', async () => {
    for (const route of ['challenge', 'order', 'finalize', 'certificate'] as const) {
      const order = await place(newIssuer(), hostname)
      const finalizedBefore = ca().finalized.length
      const dying = new AbortController()
      ca().next(route, (usual) => {
        dying.abort()
        return { ...usual, hangs: true }
      })
      const first = newIssuer()
      const died = async () => {
        await first.validate(order, dying.signal)
        await first.finalize(order, csrDer, dying.signal)
      }
      await expect(died(), route).rejects.toThrow()

      const second = newIssuer()
      expect(await second.validate(order, signal), route).toEqual({ status: 'ready' })
      expect(await second.finalize(order, csrDer, signal), route).toMatchObject({ status: 'issued' })
      expect(ca().finalized.length - finalizedBefore, route).toBe(1)
    }
  })

  it('tells a CA that hangs from one that is slow, and holds no slot for it', async () => {
    const issuer = newIssuer({ deadlineMs: 150, concurrency: 1 })
    await issue(issuer)
    ca().next('newOrder', { hangs: true })
    const [first, second] = await Promise.allSettled([place(issuer, hostname), place(issuer, hostname)])
    expect(first).toMatchObject({ status: 'rejected', reason: { type: 'unreachable', status: 0 } })
    expect(second).toMatchObject({ status: 'fulfilled' })
  })

  it('says that nobody is there', async () => {
    const issuer = newIssuer({ directoryUrl: 'http://127.0.0.1:1/directory' })
    expect(await refused(place(issuer, hostname))).toMatchObject({
      type: 'unreachable',
      message: '127.0.0.1:1 cannot be reached (ECONNREFUSED).',
    })
  })

  it('asks for the directory again after it could not be had', async () => {
    ca().next('directory', { status: 500, type: 'text/plain', body: 'oops' })
    const issuer = newIssuer()
    expect(await refused(place(issuer, hostname))).toMatchObject({ status: 500 })
    expect(await issue(issuer)).not.toBeInstanceOf(CaProblem)
  })
})

describe('the acme issuer at a CA that is hostile', () => {
  const lies: [string, (ca: ScriptedCa) => void][] = [
    ['a directory in HTML', (it) => it.next('directory', { type: 'text/html', body: '<html>' })],
    [
      'a directory without newOrder',
      (it) => it.next('directory', { body: { newNonce: 'http://x/', newAccount: 'http://x/' } }),
    ],
    ['a directory that is not JSON', (it) => it.next('directory', { body: '{"newNonce":' })],
    ['an order of 10 MB', (it) => it.next('newOrder', { status: 201, body: Buffer.alloc(10_000_000, 0x20) })],
    ['an order without a Location', (it) => it.next('newOrder', { status: 201, body: {} })],
    ['an order in an unknown state', (it) => it.next('newOrder', withBody({ status: 'haunted' }))],
    [
      'an order elsewhere, unencrypted',
      (it) => it.next('newOrder', withBody({ authorizations: ['http://169.254.169.254/latest'] })),
    ],
    ['an order in a file', (it) => it.next('newOrder', withBody({ authorizations: ['file:///etc/passwd'] }))],
    [
      'an answer with a redirect',
      (it) => it.next('newOrder', { status: 302, headers: { location: 'http://127.0.0.1/' } }),
    ],
    [
      'an authorization of another name',
      (it) => it.next('authorization', withBody({ identifier: { type: 'dns', value: 'bank.example' } })),
    ],
    ['a token that leaves its folder', (it) => it.next('authorization', withToken('../../etc/passwd'))],
    ['a token with a line break', (it) => it.next('authorization', withToken('abc\nX-Header: y'))],
    ['an empty token', (it) => it.next('authorization', withToken(''))],
    ['a nonce that is none', (it) => it.next('nonce', { headers: { 'replay-nonce': 'with spaces!' } })],
  ]

  it.each(lies)('refuses %s', async (_what, tell) => {
    tell(ca())
    expect(await refused(place(newIssuer(), hostname))).toMatchObject({ type: 'unexpectedAnswer' })
  })

  it('refuses a chain that is announced as something else, or too long', async () => {
    const issuer = newIssuer()
    const order = await place(issuer, hostname)
    await issuer.validate(order, signal)
    ca().next('certificate', (usual) => ({ ...usual, type: 'text/plain' }))
    expect(await refused(issuer.finalize(order, csrDer, signal))).toMatchObject({ type: 'unexpectedAnswer' })
    ca().next('certificate', (usual) => ({ ...usual, body: String(usual.body).repeat(1000) }))
    expect(await refused(issuer.finalize(order, csrDer, signal))).toMatchObject({ type: 'unexpectedAnswer' })
    expect(await issuer.finalize(order, csrDer, signal)).toMatchObject({ status: 'issued' })
  })

  it('hands on what a CA wrote as one short line', async () => {
    ca().next('newOrder', problem('malformed', `bad\r\n\u0007${'x'.repeat(5000)}`, 400))
    const { message } = await refused(place(newIssuer(), hostname))
    expect(message).toMatch(/^bad x+$/)
    expect(message.length).toBeLessThanOrEqual(1000)
  })

  it('gives every refused validation its type, and calls the rest a lost order', async () => {
    for (const [type, expected] of [
      ['caa', 'caa'],
      ['dns', 'dns'],
      ['serverInternal', 'orderInvalid'],
      ['rateLimited', 'orderInvalid'],
    ]) {
      const issuer = newIssuer()
      const order = await place(issuer, hostname)
      ca().next('order', withBody({ status: 'invalid' }))
      const error = { type: `urn:ietf:params:acme:error:${type}`, detail: 'because' }
      ca().next('authorization', (usual) => ({
        ...usual,
        body: {
          ...(usual.body as object),
          status: 'invalid',
          challenges: [{ type: 'http-01', url: 'https://x/', status: 'invalid', error }],
        },
      }))
      expect(await refused(issuer.validate(order, signal))).toMatchObject({
        type: expected,
        subproblems: [{ type, detail: 'because', identifier: hostname }],
      })
    }
  })

  it('calls an account that may not order by that name', async () => {
    ca().next('newOrder', problem('unauthorized', 'Account is not valid, has status "deactivated"', 403))
    expect(await refused(place(newIssuer(), hostname))).toMatchObject({ type: 'unauthorizedAccount' })
  })
})

const withToken =
  (token: string): Script =>
  (usual) => {
    const authorization = usual.body as { challenges: object[] }
    return { ...usual, body: { ...authorization, challenges: [{ ...authorization.challenges[0], token }] } }
  }

describe('the acme issuer and what CAA records call its CA', () => {
  const directory =
    (meta: unknown): Script =>
    (usual) => ({ ...usual, body: { ...(usual.body as object), meta } })

  it('reads it from the directory, in lower case', async () => {
    ca().always('directory', directory({ caaIdentities: ['CA.example.net', 'ca.example.org'] }))
    expect(await newIssuer().caaIdentities(signal)).toEqual(['ca.example.net', 'ca.example.org'])
  })

  it('believes the settings before the directory, and asks nobody then', async () => {
    ca().always('directory', directory({ caaIdentities: ['ca.example.net'] }))
    expect(await newIssuer({ caaIdentities: ['ca.example.com'] }).caaIdentities(signal)).toEqual(['ca.example.com'])
    expect(ca().asked('directory')).toBe(0)
    expect(await newIssuer({ caaIdentities: [] }).caaIdentities(signal)).toEqual(['ca.example.net'])
  })

  it.each([
    undefined,
    {},
    { caaIdentities: null },
    { caaIdentities: ['ca.example.net"; drop'] },
    { caaIdentities: [7] },
  ])('knows of none, and issues all the same, when the directory says %j', async (meta) => {
    ca().always('directory', directory(meta))
    const issuer = newIssuer()
    expect(await issuer.caaIdentities(signal)).toEqual([])
    expect(await issue(issuer)).not.toBeInstanceOf(CaProblem)
  })

  it('fails while the directory cannot be had, and asks again', async () => {
    ca().next('directory', { status: 503, type: 'text/html', body: 'busy' })
    const issuer = newIssuer()
    expect(await refused(issuer.caaIdentities(signal))).toMatchObject({ status: 503 })
    expect(await issuer.caaIdentities(signal)).toEqual([])
  })
})

describe('the acme issuer that revokes', () => {
  const issued = async () => {
    const certificate = await issue()
    if (certificate instanceof CaProblem) throw certificate
    return certificate
  }

  it('revokes the leaf, once, though it was asked again after its answer was lost', async () => {
    const { chainPem, serial } = await issued()
    ca().next('revoke', (usual) => ({ ...usual, cuts: true }))
    await newIssuer().revoke(chainPem, signal)
    await newIssuer().revoke(chainPem, signal)
    expect(ca().revoked).toEqual([serial])
  })

  it('does not ask about a certificate that has expired', async () => {
    const publicKeyDer = createPublicKey(keyPem).export({ type: 'spki', format: 'der' })
    const folder = await mkdtemp(join(tmpdir(), 'mooring-ca-'))
    const names = [{ type: 'dns' as const, value: hostname }]
    const now = after(new Date(), -91 * 24 * HOUR)
    const expired = await signLeaf(await createLocalCa(folder), { publicKeyDer, names, now })
    await rm(folder, { recursive: true })
    await newIssuer().revoke(expired, signal)
    expect(ca().total()).toBe(0)
  })

  it.each([
    ['rateLimited', 429, 'rateLimited'],
    ['serverInternal', 500, 'serverInternal'],
    ['unauthorized', 403, 'unauthorizedAccount'],
  ])('passes on that the CA said %s with status %i', async (type, status, expected) => {
    const { chainPem } = await issued()
    ca().next('revoke', problem(type, 'not now', status))
    expect(await refused(newIssuer().revoke(chainPem, signal))).toMatchObject({ type: expected, status })
    expect(ca().revoked).toEqual([])
  })

  it('says when the CA has no place to revoke at', async () => {
    const { chainPem } = await issued()
    ca().always('directory', withBody({ revokeCert: undefined }))
    expect(await refused(newIssuer().revoke(chainPem, signal))).toMatchObject({ type: 'unexpectedAnswer' })
  })
})

describe('the acme issuer and a wildcard', () => {
  const wildcard = '*.shop.example.com' as Hostname
  const authorization = (...types: string[]): Script => ({
    body: {
      status: 'pending',
      wildcard: true,
      identifier: { type: 'dns', value: 'shop.example.com' },
      challenges: types.map((type) => ({ type, status: 'pending', url: `${ca().directoryUrl}/x`, token: 'token' })),
    },
  })

  it('names what the CA offers, and repeats no other text of it', async () => {
    ca().next('authorization', authorization('http-01', 'dns-account-01', '<b>'))
    const refusal = await refused(place(newIssuer(), wildcard, 'dns-01'))
    expect(refusal).toMatchObject({ type: 'noUsableChallenge' })
    expect(refusal.message).toContain('does not take proof by DNS-01 for this name; it offers http-01, dns-account-01.')
  })

  it('asks no CA to prove it by HTTP-01, nor by what is not set up', async () => {
    expect(await refused(place(newIssuer(), wildcard, 'http-01'))).toMatchObject({ type: 'noUsableChallenge' })
    const refusal = await refused(place(newIssuer({ challenges: ['http-01'] }), wildcard, 'dns-01'))
    expect(refusal).toMatchObject({ type: 'noUsableChallenge', message: expect.stringContaining('it takes HTTP-01.') })
    expect(ca().total()).toBe(0)
  })

  it('takes what is authorized already', async () => {
    ca().next('authorization', { body: { ...(authorization('dns-01') as { body: object }).body, status: 'valid' } })
    expect((await place(newIssuer(), wildcard, 'dns-01')).challenges).toEqual([])
  })

  it('answers at the name below which the wildcard stands', async () => {
    ca().next('authorization', authorization('http-01', 'dns-01'))
    const { challenges } = await place(newIssuer(), wildcard, 'dns-01')
    expect(challenges).toEqual([
      { type: 'dns-01', name: '_acme-challenge.shop.example.com', value: expect.stringMatching(/^[\w-]{43}$/) },
    ])
  })

  it('is not had by the authorization of another name', async () => {
    ca().next('authorization', withBody({ identifier: { type: 'dns', value: 'bank.example' } }))
    expect(await refused(place(newIssuer(), wildcard, 'dns-01'))).toMatchObject({ type: 'unexpectedAnswer' })
  })
})
