import { once } from 'node:events'
import { type RequestListener, createServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Server } from 'node:net'
import {
  type Domain,
  type Hostname,
  type Look,
  REASONS,
  type Reason,
  type ReasonCode,
  lookBeforeOrder,
  diagnose,
  confirmOwnership,
  httpProof,
  lookAtOwnership,
  reachAnswer,
  systemClock,
} from '@mooring/core'
import { createHttpProbe, createResolver } from '@mooring/providers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aDomain } from '../builders/domain.ts'
import { anEdgeCertificate } from '../builders/edge-certificate.ts'
import { type Challtestsrv, startChalltestsrv } from '../services/challtestsrv.ts'
import { freePortAtEach } from '../services/free-ports.ts'
import type { Running } from '../services/provide.ts'

const V4 = '127.0.0.1'
const OTHER_V4 = '127.0.0.2'
const V6 = '::1'
const TOKEN = 'a1b2c3d4'.repeat(5)

let dns: Running<Challtestsrv>
let ports: { http: number; https: number }
beforeAll(async () => {
  dns = await startChalltestsrv()
})
afterAll(() => dns?.stop())
beforeEach(async () => {
  const [http, https] = [await freePortAtEach([V4, OTHER_V4]), await freePortAtEach([V4])]
  ports = { http, https }
})

const sites: Server[] = []
afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => new Promise((resolve) => site.close(resolve))))
})

async function listening(site: Server, address: string, port: number): Promise<void> {
  sites.push(site)
  await once(site.listen(port, address), 'listening')
}
const aSite = (address: string, answer: RequestListener) => listening(createServer(answer), address, ports.http)

let drawn = 0
function aClaim(method: 'http' | 'txt'): Domain {
  const domain = aDomain({ hostname: `site${(drawn += 1)}.example.com` as Hostname })
  return { ...domain, verification: { ...domain.verification, method, token: TOKEN } }
}

const context = ({ edge = [V4, OTHER_V4, V6], timeoutMs = 1000 } = {}): Look => ({
  resolver: createResolver({ servers: [dns.address.dnsServer], timeoutMs: 500 }),
  probe: createHttpProbe({
    allow: ['127.0.0.0/8', '::1/128'],
    httpPort: ports.http,
    httpsPort: ports.https,
    timeoutMs,
  }),
  zones: { holding: async () => null },
  clock: systemClock,
  signal: new AbortController().signal,
  policy: { edge: { hostname: 'edge.platform.example', addresses: edge } },
})

function expectReason(because: Reason | null, code: ReasonCode): Reason {
  expect(because).toMatchObject({ code, actor: REASONS[code].actor })
  expect(because?.expected?.filter((text) => text !== '')).not.toEqual([])
  return because as Reason
}

describe('ownership shown by the name’s web server', () => {
  const { path } = httpProof({ token: TOKEN })
  const showing: RequestListener = ({ url }, response) => {
    if (url === path) response.end(`${TOKEN}\n`)
    else response.writeHead(404).end()
  }
  const tokenAt = async (...addresses: string[]) => {
    for (const address of addresses) await aSite(address, showing)
  }

  async function aClaimAt({ a = [], aaaa = [] }: { a?: string[]; aaaa?: string[] }): Promise<Domain> {
    const claim = aClaim('http')
    await dns.address.setA(claim.hostname, a)
    await dns.address.setAAAA(claim.hostname, aaaa)
    return claim
  }
  async function expectFailure(
    claim: Domain,
    { code, isMiss }: { code: ReasonCode; isMiss: boolean },
    look = context(),
  ): Promise<Reason> {
    const verdict = await lookAtOwnership(claim, look)
    if (verdict.proved) throw new Error('It is proved.')
    expect(verdict.isMiss).toBe(isMiss)
    return expectReason(verdict.because, code)
  }

  it('is proved by the token, at every address of both families', async () => {
    await tokenAt(V4, OTHER_V4, V6)
    const claim = await aClaimAt({ a: [V4, OTHER_V4], aaaa: [V6] })
    expect(await lookAtOwnership(claim, context())).toMatchObject({
      proved: true,
      by: 'current',
      finding: { observed: [V6, V4, OTHER_V4] },
    })
  })

  it('HTTP_UNREACHABLE: nobody listens, which is not held against anybody', async () => {
    const claim = await aClaimAt({ a: [V4] })
    const { observed, message } = await expectFailure(claim, { code: 'HTTP_UNREACHABLE', isMiss: false })
    expect(observed).toEqual([`${V4}: connection refused`])
    expect(message).toContain(`http://${claim.hostname}${path}`)
  })

  it('HTTP_UNREACHABLE: a server that never ends its answer', async () => {
    await aSite(V4, (_, response) => void response.write('a'))
    const claim = await aClaimAt({ a: [V4] })
    const { observed } = await expectFailure(
      claim,
      { code: 'HTTP_UNREACHABLE', isMiss: false },
      context({ timeoutMs: 200 }),
    )
    expect(observed).toEqual([`${V4}: no answer within 0.2 s`])
    for (const site of sites) (site as ReturnType<typeof createServer>).closeAllConnections()
  })

  it('HTTP_UNREACHABLE: the name has no address', async () => {
    await expectFailure(await aClaimAt({}), { code: 'HTTP_UNREACHABLE', isMiss: true })
  })

  it('HTTP_UNREACHABLE: a private address is not asked', async () => {
    const { observed } = await expectFailure(await aClaimAt({ a: ['10.0.0.7'] }), {
      code: 'HTTP_UNREACHABLE',
      isMiss: true,
    })
    expect(observed).toEqual(['10.0.0.7: 10.0.0.7 is not a public address'])
  })

  it('HTTP_UNREACHABLE: private addresses beside one that shows the token, in any order', async () => {
    await tokenAt(V4)
    for (const a of [
      [V4, '192.168.1.1'],
      ['10.0.0.7', V4],
    ]) {
      await expectFailure(await aClaimAt({ a }), { code: 'HTTP_UNREACHABLE', isMiss: true })
    }
    await expectFailure(await aClaimAt({ a: [V4], aaaa: ['fd00::1'] }), { code: 'HTTP_UNREACHABLE', isMiss: true })
  })

  it.each<[string, RequestListener]>([
    ['a page of its own', (_, response) => response.end('<h1>Welcome</h1>')],
    ['the path that it was asked for', ({ url }, response) => response.end(url)],
    ['the end of that path', ({ url }, response) => response.end(url?.split('/').at(-1))],
    ['the token within other text', (_, response) => response.end(`token=${TOKEN}`)],
    ['the token and more', (_, response) => response.end(`${TOKEN}0`)],
    ['the token of another claim', (_, response) => response.end('0f1e2d3c'.repeat(5))],
    ['the token with an error', (_, response) => response.writeHead(404).end(TOKEN)],
    ['nothing', (_, response) => response.end()],
    [
      'a redirect elsewhere',
      (_, response) => response.writeHead(302, { location: `http://x.example${path}` }).end(TOKEN),
    ],
    [
      'a redirect into the network',
      (_, response) => response.writeHead(307, { location: 'http://169.254.169.254/' }).end(),
    ],
  ])('HTTP_WRONG_ANSWER: %s', async (_, answer) => {
    await aSite(V4, answer)
    const claim = await aClaimAt({ a: [V4] })
    const { observed, message } = await expectFailure(claim, { code: 'HTTP_WRONG_ANSWER', isMiss: true })
    expect(observed?.[0]).toMatch(new RegExp(`^${V4}: \\d{3} with |^${V4}: \\d{3}, a redirect to `))
    expect(message).toContain('It must answer 200 with the token and nothing else')
  })

  it('HTTP_WRONG_ANSWER: one address of several, of either family, is somebody else’s', async () => {
    await tokenAt(V4)
    await aSite(OTHER_V4, (_, response) => response.end('mine'))
    await aSite(V6, (_, response) => response.end('mine too'))
    const other = await expectFailure(await aClaimAt({ a: [V4, OTHER_V4] }), {
      code: 'HTTP_WRONG_ANSWER',
      isMiss: true,
    })
    expect(other.observed).toEqual([`${OTHER_V4}: 200 with "mine"`])
    const v6 = await expectFailure(await aClaimAt({ a: [V4], aaaa: [V6] }), { code: 'HTTP_WRONG_ANSWER', isMiss: true })
    expect(v6.observed).toEqual([`${V6}: 200 with "mine too"`])
  })

  it('follows a redirect to HTTPS on the same name, and no other there', async () => {
    const claim = await aClaimAt({ a: [V4] })
    const { chainPem: cert, keyPem: key } = await anEdgeCertificate('whoever.example.org')
    await aSite(V4, ({ url }, response) => {
      response.writeHead(301, { location: `https://${claim.hostname}${url}` }).end()
    })
    let answer: RequestListener = showing
    await listening(
      createHttpsServer({ cert, key }, (request, response) => answer(request, response)),
      V4,
      ports.https,
    )
    expect(await lookAtOwnership(claim, context())).toMatchObject({ proved: true })
    answer = (_, response) => response.writeHead(301, { location: `https://${claim.hostname}/login` }).end()
    await expectFailure(claim, { code: 'HTTP_WRONG_ANSWER', isMiss: true })
  })

  it('is confirmed, once the name leads here, by the name leading here', async () => {
    const claim = await aClaimAt({ a: [V4] })
    expect(await confirmOwnership(claim, context({ edge: [V4] }))).toMatchObject({ proved: true })
    const elsewhere = await confirmOwnership(claim, context({ edge: ['192.0.2.1'] }))
    expect(elsewhere).toMatchObject({ proved: false, because: { code: 'HTTP_UNREACHABLE' } })
  })
})

describe('the way of a certificate authority’s question', () => {
  const edge: RequestListener = ({ url = '', headers }, response) => {
    response.end(reachAnswer(url.split('/').at(-1) ?? '', String(headers.host).replace(/:\d+$/, '')))
  }

  /** Proved by TXT; these addresses are another's, such as a CDN's, that passes what it is asked on to the edges. */
  async function aClaimAt({ a = [], aaaa = [] }: { a?: string[]; aaaa?: string[] }): Promise<Domain> {
    const { verification, ...claim } = aClaim('txt')
    await dns.address.setTXT(`_mooring-challenge.${claim.hostname}`, [`token=${TOKEN}`])
    await dns.address.setA(claim.hostname, a)
    await dns.address.setAAAA(claim.hostname, aaaa)
    return { ...claim, verification: { ...verification, routing: false } }
  }
  const elsewhere = () => context({ edge: ['127.0.0.9'] })
  const check = (claim: Domain, look = elsewhere()) => lookBeforeOrder(claim, look, { caaIdentities: [] })
  const diagnosisOf = (claim: Domain, look = elsewhere()) =>
    diagnose(claim, { ...look, edge: look.policy.edge, caaIdentities: [] })

  it('is open where each family answers for this platform', async () => {
    await aSite(V4, edge)
    await aSite(V6, edge)
    const claim = await aClaimAt({ a: [V4], aaaa: [V6] })
    expect(await check(claim)).toBeNull()
    expect(await diagnosisOf(claim)).toMatchObject({ ok: true, reason: null, nextSteps: [] })
  })

  it.each([
    ['IPv4', V6, V4, 'A'],
    ['IPv6', V4, V6, 'AAAA'],
  ])('HTTP_UNREACHABLE: by %s alone', async (family, open, closed, type) => {
    await aSite(open, edge)
    const claim = await aClaimAt({ a: [V4], aaaa: [V6] })
    const because = expectReason(await check(claim), 'HTTP_UNREACHABLE')
    expect(because.message).toContain(`at ${closed} (${family}) cannot be reached: connection refused`)
    expect(because.message).toContain(`remove the ${type} record`)
    expect(because.observed).toEqual(['connection refused'])
    const { checks, reason, nextSteps } = await diagnosisOf(claim)
    expectReason(reason, 'HTTP_UNREACHABLE')
    const statuses = checks.filter(({ id }) => id.startsWith('challenge_path')).map(({ status }) => status)
    expect(statuses).toEqual(family === 'IPv6' ? ['problem', 'ok'] : ['ok', 'problem'])
    expect(nextSteps.map(({ text }) => text)).toEqual([because.message, 'Then look again.'])
  })

  it.each([
    ['IPv4', V6, V4],
    ['IPv6', V4, V6],
  ])('HTTP_WRONG_ANSWER: by %s alone, something in between takes the question', async (family, open, taken) => {
    await aSite(open, edge)
    await aSite(taken, (_, response) => response.writeHead(301, { location: 'https://elsewhere.example/' }).end())
    const because = expectReason(await check(await aClaimAt({ a: [V4], aaaa: [V6] })), 'HTTP_WRONG_ANSWER')
    expect(because.message).toContain(`at ${taken} (${family}) answers, but not from this platform`)
    expect(because.observed).toEqual(['301, a redirect to https://elsewhere.example/'])
  })

  it('EDGE_UNREACHABLE: an address of the edges that does not answer is the operator’s to mend', async () => {
    await aSite(V4, edge)
    const claim = await aClaimAt({ a: [V4], aaaa: [V6] })
    const because = expectReason(await check(claim, context()), 'EDGE_UNREACHABLE')
    expect(because.message).toContain(`The edge at ${V6} does not answer`)
    expect(because.observed).toEqual(['connection refused'])
    expectReason((await diagnosisOf(claim, context())).reason, 'EDGE_UNREACHABLE')
  })
})
