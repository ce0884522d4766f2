import { randomBytes } from 'node:crypto'
import type { RecordType } from '@mooring/core'
import { createResolver } from '@mooring/providers'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type DnsScript,
  type ScriptedAnswer,
  type ScriptedDns,
  answerTo,
  extendedError,
  isUnchecked,
  offersEdns,
  startScriptedDns,
  txt,
  withLength,
} from './scripted-dns.ts'

const started: ScriptedDns[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((dns) => dns.stop()))
})

async function serve(script: DnsScript) {
  const dns = await startScriptedDns(script)
  started.push(dns)
  const resolver = createResolver({ servers: [dns.server], timeoutMs: 150 })
  return {
    dns,
    lookup: (type: RecordType = 'TXT', name = 'shop.example.com') => resolver.ask(name, type, dns.server),
  }
}

const right = (query: Buffer) => answerTo(query, { records: [txt('right')] })
const wrong = (query: Buffer) => answerTo(query, { records: [txt('forged')] })
const theRightOne = {
  kind: 'records',
  records: [{ name: 'shop.example.com', type: 'TXT', value: 'right', ttlSeconds: 60 }],
}

/** The same message with another id. */
function otherId(message: Buffer): Buffer {
  const copy = Buffer.from(message)
  copy.writeUInt16BE(copy.readUInt16BE(0) ^ 0xffff, 0)
  return copy
}

/** The same message about another name of the same length. */
const otherQuestion = (message: Buffer) => Buffer.from(message.toString('latin1').replace('shop', 'evil'), 'latin1')

describe('the resolver at a server that lies or breaks', () => {
  it('joins the strings of one text, and keeps texts apart', async () => {
    const { lookup } = await serve({
      udp: (query, { reply }) => reply(answerTo(query, { records: [txt('token=', 'abc', ''), txt('other')] })),
    })
    expect(await lookup()).toMatchObject({ records: [{ value: 'token=abc' }, { value: 'other' }] })
  })

  it.each<[string, (query: Buffer) => Buffer]>([
    ['an answer with another id', (query) => otherId(wrong(query))],
    ['an answer to another question', (query) => otherQuestion(wrong(query))],
    ['its own query, sent back', (query) => query],
    ['garbage', () => randomBytes(80)],
    ['a packet of one octet', () => Buffer.of(1)],
    ['an answer cut in the middle', (query) => wrong(query).subarray(0, 40)],
    [
      'a name that points to itself',
      (query) => Buffer.concat([wrong(query).subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 16, 0, 1])]),
    ],
  ])('ignores %s, and takes the right answer after it', async (_what, forged) => {
    const { lookup } = await serve({
      udp: (query, { reply }) => {
        reply(forged(query))
        reply(right(query))
      },
    })
    expect(await lookup()).toEqual(theRightOne)
  })

  it('ignores what comes from another port', async () => {
    const { lookup } = await serve({ udp: (query, { forge }) => forge(wrong(query)) })
    expect(await lookup()).toEqual({ kind: 'timeout' })
  })

  it('asks twice, each time with a new id from a new port', async () => {
    const { dns, lookup } = await serve({ udp: () => {} })
    const startedAt = performance.now()
    expect(await lookup()).toEqual({ kind: 'timeout' })
    expect(performance.now() - startedAt).toBeLessThan(1000)
    expect(dns.queries).toHaveLength(2)
    expect(dns.queries[0]?.message.readUInt16BE(0)).not.toBe(dns.queries[1]?.message.readUInt16BE(0))
    expect(dns.queries[0]?.port).not.toBe(dns.queries[1]?.port)
  })

  it('takes the second answer when the first is lost', async () => {
    const { lookup } = await serve({
      udp: (query, { reply }, count) => {
        if (count === 2) reply(right(query))
      },
    })
    expect(await lookup()).toEqual(theRightOne)
  })

  it.each<[number, object]>([
    [2, { kind: 'servfail', rcode: 'SERVFAIL' }],
    [3, { kind: 'nxdomain' }],
    [4, { kind: 'servfail', rcode: 'NOTIMP' }],
    [5, { kind: 'servfail', rcode: 'REFUSED' }],
    [0, { kind: 'no_data' }],
  ])('maps response code %i', async (rcode, expected) => {
    const { lookup } = await serve({ udp: (query, { reply }) => reply(answerTo(query, { rcode })) })
    expect(await lookup()).toEqual(expected)
  })

  it.each<[string, ScriptedAnswer, object]>([
    ['gives no reason', {}, { kind: 'bogus', detail: 'DNSSEC validation failed' }],
    ['names DNSSEC', { additionals: [extendedError(9, 'no DNSKEY')] }, { kind: 'bogus', detail: 'no DNSKEY' }],
    ['names it by number', { additionals: [extendedError(6, '')] }, { kind: 'bogus', detail: 'extended error 6' }],
    ['names another reason', { additionals: [extendedError(22, 'all silent')] }, { kind: 'servfail' }],
  ])('takes a resolver that answers only without validation, and %s, at its word', async (_what, reason, expected) => {
    const { lookup } = await serve({
      udp: (query, { reply }) => reply(isUnchecked(query) ? right(query) : answerTo(query, { rcode: 2, ...reason })),
    })
    expect(await lookup()).toMatchObject(expected)
  })

  it('shows an alias although its target does not exist', async () => {
    const alias = { type: 'CNAME' as const, rdata: Buffer.from('\x04gone\x07example\0', 'latin1') }
    const { lookup } = await serve({
      udp: (query, { reply }) => reply(answerTo(query, { rcode: 3, records: [alias] })),
    })
    expect(await lookup('A')).toMatchObject({ kind: 'records', records: [{ type: 'CNAME', value: 'gone.example' }] })
  })

  it('asks without EDNS where that is not understood', async () => {
    const { lookup } = await serve({
      udp: (query, { reply }) => reply(offersEdns(query) ? answerTo(query, { rcode: 1 }) : right(query)),
    })
    expect(await lookup()).toEqual(theRightOne)
  })

  it('offers 1232 octets and no more', async () => {
    const { dns, lookup } = await serve({ udp: (query, { reply }) => reply(right(query)) })
    await lookup()
    const query = dns.queries[0]?.message ?? Buffer.alloc(0)
    expect(query.readUInt16BE(query.length - 8)).toBe(1232)
  })

  it('works over IPv6', async () => {
    const { lookup } = await serve({ address: '::1', udp: (query, { reply }) => reply(right(query)) })
    expect(await lookup()).toEqual(theRightOne)
  })
})

describe('the resolver over TCP', () => {
  const truncated: DnsScript['udp'] = (query, { reply }) => reply(answerTo(query, { truncated: true }).subarray(0, 20))

  it('follows a truncated answer', async () => {
    const { lookup } = await serve({ udp: truncated, tcp: (query) => withLength(right(query)) })
    expect(await lookup()).toEqual(theRightOne)
  })

  it.each<[string, DnsScript['tcp']]>([
    ['says nothing', () => null],
    ['stops in the middle', (query) => withLength(right(query)).subarray(0, 30)],
    ['answers something else', (query) => withLength(otherId(right(query)))],
    ['answers garbage', () => withLength(randomBytes(60))],
  ])('gives up on a server that %s', async (_what, tcp) => {
    const { lookup } = await serve({ udp: truncated, ...(tcp === undefined ? {} : { tcp }) })
    const startedAt = performance.now()
    expect(await lookup()).toEqual({ kind: 'timeout' })
    expect(performance.now() - startedAt).toBeLessThan(1500)
  })

  it('reads no answer of more than 16 kB', async () => {
    const { lookup } = await serve({ udp: truncated, tcp: () => withLength(Buffer.alloc(60_000)) })
    expect(await lookup()).toEqual({ kind: 'servfail', rcode: 'OVERSIZED' })
  })
})

describe('createResolver', () => {
  it('answers at once for a name that DNS cannot carry', async () => {
    const { dns, lookup } = await serve({ udp: () => {} })
    for (const name of [
      'a..example.com',
      `${'x'.repeat(64)}.example.com`,
      `${'abcdefghi.'.repeat(26)}com`,
      'a b.example',
      '',
    ]) {
      expect(await lookup('A', name)).toEqual({ kind: 'nxdomain' })
    }
    expect(dns.queries).toHaveLength(0)
  })

  it('takes nobody listening for silence', async () => {
    const { dns, lookup } = await serve({ udp: () => {} })
    await dns.stop()
    started.splice(0)
    expect(await lookup()).toEqual({ kind: 'timeout' })
  })

  it('refuses servers that are not ip:port, and questions to others', async () => {
    for (const server of [
      'dns.example.com:53',
      '192.0.2.1',
      '192.0.2.1:0',
      '192.0.2.1:99999',
      '::1:53',
      '[192.0.2.1]:53',
    ]) {
      expect(() => createResolver({ servers: [server] }), server).toThrow('is not a DNS server')
    }
    const resolver = createResolver({ servers: ['192.0.2.1:53'] })
    await expect(resolver.ask('example.com', 'A', '192.0.2.2:53')).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})
