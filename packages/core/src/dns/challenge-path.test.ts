import { describe, expect, it } from 'vitest'
import type { Hostname } from '../domain/hostname.ts'
import type { ProbeAnswer, ProbeRequest } from '../ports.ts'
import { challengePathBlocked, reachAnswer, reachToken, seen, wayTo } from './challenge-path.ts'

const domain = { id: 'dom_01980000-0000-7000-8000-000000000000', hostname: 'shop.example.com' as Hostname }
const { signal } = new AbortController()
const EDGE = '2001:db8:0::e'
const TOKEN = reachToken(domain)
const right = String(reachAnswer(TOKEN, domain.hostname))
const answer = (body: string, status = 200): ProbeAnswer => ({ kind: 'answer', status, body, location: null })

/** A probe that finds this at each address, and what it was asked. */
function finding(answers: Record<string, ProbeAnswer>) {
  const asked: ProbeRequest[] = []
  const get = async (request: ProbeRequest): Promise<ProbeAnswer> => {
    asked.push(request)
    return answers[request.address] ?? { kind: 'no_route' }
  }
  return { asked, reaching: { probe: { get }, signal, edgeAddresses: [EDGE], addresses: Object.keys(answers) } }
}

describe('the question in place of a certificate authority’s', () => {
  it('is the same for a domain each time, and another for each', () => {
    expect(reachToken(domain)).toBe(TOKEN)
    expect(reachToken({ id: 'dom_other' })).not.toBe(TOKEN)
    expect(TOKEN).toMatch(/^[A-Za-z0-9_-]+$/)
  })

  it('is answered for its hostname, whatever the case, and for no other token', () => {
    expect(reachAnswer(TOKEN, 'SHOP.example.com')).toBe(right)
    expect(reachAnswer(TOKEN, 'other.example.com')).not.toBe(right)
    for (const token of ['', 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ', `${TOKEN}0`, `x${TOKEN}`, TOKEN.toUpperCase()]) {
      expect(reachAnswer(token, domain.hostname)).toBeNull()
    }
  })
})

describe('the way to the challenge path', () => {
  it('is asked for at every address, over HTTP', async () => {
    const { asked, reaching } = finding({
      '192.0.2.1': answer(right),
      '192.0.2.2': answer(right),
      '2001:db8::1': answer(`${right}\n`),
    })
    expect(await challengePathBlocked(domain, reaching)).toBeNull()
    const path = `/.well-known/acme-challenge/${TOKEN}`
    expect(asked).toEqual(
      ['2001:db8::1', '192.0.2.1', '192.0.2.2'].map((address) => ({
        scheme: 'http',
        hostname: domain.hostname,
        address,
        path,
      })),
    )
  })

  it('is blocked by one of many addresses, and of very many the first eight are asked', async () => {
    const { reaching } = finding({ '192.0.2.1': answer(right), '192.0.2.2': answer('x'), '192.0.2.3': answer(right) })
    expect((await challengePathBlocked(domain, reaching))?.message).toContain('192.0.2.2')
    const many = finding(
      Object.fromEntries(Array.from({ length: 30 }, (_, last) => [`192.0.2.${last}`, answer(right)])),
    )
    expect(await challengePathBlocked(domain, many.reaching)).toBeNull()
    expect(many.asked).toHaveLength(8)
  })

  it('is not asked for below a wildcard, which is proved by DNS', async () => {
    const { asked, reaching } = finding({ '192.0.2.1': answer('x') })
    expect(await challengePathBlocked({ ...domain, hostname: '*.example.com' as Hostname }, reaching)).toBeNull()
    expect(asked).toEqual([])
  })

  it.each<[string, ProbeAnswer]>([
    ['another answer', answer('<h1>Welcome</h1>')],
    ['the token alone', answer(TOKEN)],
    ['the answer with an error', answer(right, 404)],
    ['the answer for another name', answer(String(reachAnswer(TOKEN, 'other.example.com')))],
  ])('is taken by something in between: %s', async (_, wrong) => {
    const { reaching } = finding({ '192.0.2.1': wrong })
    expect(await challengePathBlocked(domain, reaching)).toMatchObject({ code: 'HTTP_WRONG_ANSWER', actor: 'customer' })
  })

  it('is not known to who has no way to that family', async () => {
    const { reaching } = finding({ '2001:db8::1': { kind: 'no_route' } })
    expect(await challengePathBlocked(domain, reaching)).toBeNull()
    expect(await wayTo('2001:db8::1', domain, reaching)).toEqual({ kind: 'unknown' })
  })

  it.each<[string, ProbeAnswer]>([
    ['does not answer', { kind: 'unreachable', detail: 'connection refused' }],
    ['has nobody to ask', answer('Bad Gateway', 502)],
  ])('is the operator’s to mend where an edge %s', async (_, wrong) => {
    const { reaching } = finding({ '2001:db8::e': wrong })
    const because = await challengePathBlocked(domain, reaching)
    expect(because).toMatchObject({ code: 'EDGE_UNREACHABLE', actor: 'operator' })
    expect(because?.message).toContain(seen(wrong))
  })

  it('says which record to remove where nobody answers', async () => {
    const { reaching } = finding({ '2001:db8::1': { kind: 'unreachable', detail: 'connection refused' } })
    const because = await challengePathBlocked(domain, reaching)
    expect(because?.code).toBe('HTTP_UNREACHABLE')
    expect(because?.message).toMatch(
      /at 2001:db8::1 \(IPv6\) cannot be reached: connection refused\..*remove the AAAA record\.$/,
    )
  })
})

describe('what was seen', () => {
  it.each<[ProbeAnswer, string]>([
    [answer(''), '200 with an empty body'],
    [answer('\u001b[2J<b>\u202eé', 500), '500 with "[2J<b>"'],
    [
      { ...answer(''), status: 301, location: 'https://x.example/\r\n' } as ProbeAnswer,
      '301, a redirect to https://x.example/',
    ],
    [{ kind: 'forbidden', detail: '10.0.0.1 is not a public address' }, '10.0.0.1 is not a public address'],
  ])('%o is told as %s', (given, told) => expect(seen(given)).toBe(told))

  it('is short, whatever a server sends', () => expect(seen(answer('x'.repeat(60_000))).length).toBeLessThan(130))
})
