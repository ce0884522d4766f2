import type { RecordType } from '@mooring/core'
import { createResolver } from '@mooring/providers'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePortAtEach } from '../services/free-ports.ts'
import {
  type DnsScript,
  type ScriptedAnswer,
  type ScriptedDns,
  a,
  answerTo,
  nameIn,
  offersEdns,
  pointer,
  startScriptedDns,
  txt,
  withLength,
} from './scripted-dns.ts'

// A registry that behaves, and servers of customers' zones that do not.
const REGISTRY = '127.0.62.1'
const FIRST = '127.0.62.2'
const SECOND = '127.0.62.3'
const PLATFORM = '127.0.62.4'
/** ::1 */
const LOOPBACK_6 = Buffer.concat([Buffer.alloc(15), Buffer.of(1)])

let port: number
beforeAll(async () => {
  port = await freePortAtEach([REGISTRY, FIRST, SECOND, PLATFORM])
})
const started: ScriptedDns[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((dns) => dns.stop()))
})

async function start(address: string, script: Omit<DnsScript, 'address' | 'port'>): Promise<ScriptedDns> {
  const dns = await startScriptedDns({ ...script, address, port })
  started.push(dns)
  return dns
}

type Says = (name: string) => ScriptedAnswer | null

/** A zone's server: it answers what it is told to, with authority; nothing at all when null. */
const serve = (address: string, says: Says, tcp?: DnsScript['tcp']) =>
  start(address, {
    udp: (query, { reply }) => {
      const answer = says(nameIn(query))
      if (answer !== null) reply(answerTo(query, { authoritative: true, ...answer }))
    },
    ...(tcp === undefined ? {} : { tcp }),
  })

/** The registry of everything, which sends on to the zone's servers. */
const delegate = (zones: Record<string, { nameServers: string[]; glue?: Record<string, string> }>) =>
  serve(REGISTRY, (name) => {
    const zone = Object.keys(zones).find((apex) => name === apex || name.endsWith(`.${apex}`))
    const { nameServers = [], glue = {} } = zones[zone ?? ''] ?? {}
    if (zone === undefined) return { rcode: 3 }
    return {
      authoritative: false,
      authorities: nameServers.map((target) => pointer('NS', target, zone)),
      additionals: Object.entries(glue).map(([server, address]) => a(address, server)),
    }
  })

const SHOP = { nameServers: ['ns1.shop.example'], glue: { 'ns1.shop.example': FIRST } }
const SHOP_TWICE = {
  nameServers: ['ns1.shop.example', 'ns2.shop.example'],
  glue: { 'ns1.shop.example': FIRST, 'ns2.shop.example': SECOND },
}
const PLATFORM_ZONE = { nameServers: ['ns.platform.example'], glue: { 'ns.platform.example': PLATFORM } }

const newResolver = (timeoutMs = 300) =>
  createResolver({ roots: [REGISTRY], port, resolvers: [`${REGISTRY}:${port}`], allow: ['127.0.62.0/24'], timeoutMs })

async function ask(type: RecordType, name = 'www.shop.example') {
  const { answer } = await newResolver().lookup(name, type)
  return answer.kind === 'records' ? answer.records.map(({ value }) => value) : answer
}

describe('a zone’s server that lies', () => {
  it('is not believed about other names than the one that was asked for', async () => {
    await delegate({ 'shop.example': SHOP })
    const records = [
      { ...txt('token=other'), name: 'other.shop.example' },
      { ...txt('token=abroad'), name: 'www.platform.example' },
    ]
    await serve(FIRST, () => ({ records }))
    expect(await ask('TXT')).toEqual({ kind: 'no_data' })
  })

  it('may send on to another zone, but is not believed about what stands there', async () => {
    await delegate({ 'shop.example': SHOP, 'platform.example': PLATFORM_ZONE })
    const lie = a('192.0.2.66', 'edge.platform.example')
    await serve(FIRST, () => ({ records: [pointer('CNAME', 'edge.platform.example'), lie] }))
    await serve(PLATFORM, () => ({ records: [a('192.0.2.1')] }))
    expect(await ask('A')).toEqual(['edge.platform.example', '192.0.2.1'])
  })

  it('is not believed about addresses of others’ name servers', async () => {
    await delegate({ 'shop.example': SHOP, 'platform.example': PLATFORM_ZONE })
    const referral = {
      authoritative: false,
      authorities: [pointer('NS', 'ns.platform.example', 'sub.shop.example')],
      additionals: [a(SECOND, 'ns.platform.example')],
    }
    await serve(FIRST, () => referral)
    const forger = await serve(SECOND, () => ({ records: [txt('forged')] }))
    await serve(PLATFORM, (name) => ({ records: [name === 'ns.platform.example' ? a(PLATFORM) : txt('right')] }))
    expect(await ask('TXT', 'www.sub.shop.example')).toEqual(['right'])
    expect(forger.queries).toHaveLength(0)
  })

  it.each([
    ['the zone itself', 'shop.example'],
    ['the zone above', 'example'],
    ['a zone beside', 'platform.example'],
    ['a zone below that is not on the way', 'elsewhere.shop.example'],
  ])('leads nowhere when it refers to %s', async (_where, owner) => {
    await delegate({ 'shop.example': SHOP })
    const authorities = [pointer('NS', 'ns1.shop.example', owner)]
    const { queries } = await serve(FIRST, () => ({ authoritative: false, authorities }))
    expect(await ask('A')).toEqual({ kind: 'servfail', rcode: 'LAME' })
    expect(queries.length).toBeLessThan(5)
  })

  it('is set aside when another one answers, whichever of them is asked first', async () => {
    await delegate({ 'shop.example': SHOP_TWICE })
    await serve(FIRST, () => ({ authoritative: false, authorities: [pointer('NS', 'a.root', 'example')] }))
    await serve(SECOND, () => ({ records: [txt('right')] }))
    expect(await ask('TXT')).toEqual(['right'])
    const { answer, servers } = await newResolver().lookupAtOne('www.shop.example', 'TXT')
    expect(answer).toMatchObject({ kind: 'records', records: [{ value: 'right' }] })
    expect(servers).toEqual([`ns2.shop.example (${SECOND})`])
  })

  it('follows a referral that wrongly claims authority', async () => {
    await delegate({ 'shop.example': SHOP })
    const authorities = [pointer('NS', 'ns1.sub.shop.example', 'sub.shop.example')]
    await serve(FIRST, () => ({ authorities, additionals: [a(SECOND, 'ns1.sub.shop.example')] }))
    await serve(SECOND, () => ({ records: [txt('right')] }))
    expect(await ask('TXT', 'www.sub.shop.example')).toEqual(['right'])
  })
})

describe('what a look costs', () => {
  it('is a question to the registry and one to the zone, and for half a minute only the latter', async () => {
    const registry = await delegate({ 'shop.example': SHOP })
    const zone = await serve(FIRST, () => ({ records: [txt('right')] }))
    const resolver = newResolver()
    for (const name of ['a.shop.example', 'b.shop.example']) await resolver.lookupAtOne(name, 'TXT')
    expect([registry.queries.length, zone.queries.length]).toEqual([1, 2])
  })

  it('is one question to a machine, by however many names the zone calls it', async () => {
    const glue = { 'ns1.shop.example': FIRST, 'ns2.shop.example': FIRST }
    await delegate({ 'shop.example': { nameServers: Object.keys(glue), glue } })
    const { queries } = await serve(FIRST, () => ({ records: [txt('right')] }))
    expect(await ask('TXT')).toEqual(['right'])
    expect(queries).toHaveLength(1)
  })

  it('is asked of the registry again once the zone’s servers no longer answer for it', async () => {
    const zones = { 'shop.example': SHOP }
    await delegate(zones)
    let isLame = false
    await serve(FIRST, () => (isLame ? { authoritative: false, rcode: 5 } : { records: [txt('old host')] }))
    await serve(SECOND, () => ({ records: [txt('new host')] }))
    const resolver = newResolver()
    const look = async () => (await resolver.lookup('www.shop.example', 'TXT')).answer
    expect(await look()).toMatchObject({ records: [{ value: 'old host' }] })
    isLame = true
    zones['shop.example'] = { nameServers: ['ns.new.example'], glue: { 'ns.new.example': SECOND } } as never
    expect(await look()).toEqual({ kind: 'servfail', rcode: 'REFUSED' })
    expect(await look()).toMatchObject({ records: [{ value: 'new host' }] })
  })
})

describe('a registry that does not answer', () => {
  it('leaves the zone unknown', async () => {
    await serve(REGISTRY, () => null)
    expect(await newResolver().zoneOf('www.shop.example')).toBeNull()
    expect(await ask('TXT')).toEqual({ kind: 'timeout' })
  })
})

describe('a zone’s server that keeps us waiting', () => {
  it('does not hold up the one that answers', async () => {
    await delegate({ 'shop.example': SHOP_TWICE })
    await serve(FIRST, () => null)
    await serve(SECOND, () => ({ records: [txt('right')] }))
    const resolver = newResolver(3000)
    const startedAt = performance.now()
    expect(await resolver.lookupAtOne('www.shop.example', 'TXT')).toMatchObject({ answer: { kind: 'records' } })
    expect(performance.now() - startedAt).toBeLessThan(1000)
    const { answer, servers } = await resolver.lookup('www.shop.example', 'TXT')
    expect(answer.kind).toBe('records')
    expect(servers).toEqual([`ns2.shop.example (${SECOND})`])
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })

  it('is given up when it sends one octet at a time', async () => {
    await delegate({ 'shop.example': SHOP })
    const drips = () => Buffer.of(0)
    await serve(FIRST, () => ({ truncated: true }), drips)
    const startedAt = performance.now()
    expect(await ask('TXT')).toEqual({ kind: 'timeout' })
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})

describe('a zone’s server that says too much', () => {
  const truncated: Says = () => ({ truncated: true })

  it('is read up to 500 records', async () => {
    await delegate({ 'shop.example': SHOP })
    const records = Array.from({ length: 1000 }, (_, index) => a(`192.0.${index >> 8}.${index & 0xff}`))
    await serve(FIRST, truncated, (query) => withLength(answerTo(query, { authoritative: true, records })))
    expect(await ask('A')).toHaveLength(500)
  })

  it.each([
    ['4,000 records', () => Array.from({ length: 4000 }, () => a('192.0.2.1'))],
    ['a text of 64 kB', () => [txt(...Array.from({ length: 250 }, () => 'x'.repeat(255)))]],
  ])('counts as failing with %s', async (_what, records) => {
    await delegate({ 'shop.example': SHOP })
    await serve(FIRST, truncated, (query) => withLength(answerTo(query, { authoritative: true, records: records() })))
    expect(await ask('TXT')).toEqual({ kind: 'servfail', rcode: 'OVERSIZED' })
  })

  it('is not decoded when it claims more records than it sends', async () => {
    await delegate({ 'shop.example': SHOP })
    await start(FIRST, {
      udp: (query, { reply }) => {
        // A text record with a length and nothing behind it, and 65,535 records of each section to come.
        const bait = answerTo(query, { authoritative: true, records: [{ type: 'TXT', rdata: Buffer.alloc(0) }] })
        bait.writeUInt16BE(5000, bait.length - 2)
        for (const section of [6, 8, 10]) bait.writeUInt16BE(0xffff, section)
        for (let sent = 0; sent < 20; sent += 1) reply(bait)
        reply(answerTo(query, { authoritative: true, records: [txt('right')] }))
      },
    })
    const { user } = process.cpuUsage()
    expect(await ask('TXT')).toEqual(['right'])
    expect(process.cpuUsage().user - user).toBeLessThan(500_000)
  })

  it('ends a chain of aliases without end', async () => {
    await delegate({ 'shop.example': SHOP })
    const { queries } = await serve(FIRST, (name) => ({
      records: [pointer('CNAME', `x${name}`)],
    }))
    expect(await ask('A')).toMatchObject({ kind: 'loop' })
    expect(queries.length).toBeLessThan(20)
  })

  it('cannot make us ask the world for a hundred name servers, each with a hundred of its own', async () => {
    const registry = await delegate({ 'shop.example': SHOP })
    const server = await serve(FIRST, (name) => ({
      authoritative: false,
      authorities: Array.from({ length: 30 }, (_, at) => {
        const deeper = name.split('.').slice(-3).join('.')
        return pointer('NS', `ns.n${at}x${name.length}.shop.example`, deeper)
      }),
    }))
    const startedAt = performance.now()
    expect(await ask('A')).toMatchObject({ kind: 'timeout' })
    expect(performance.now() - startedAt).toBeLessThan(9000)
    expect(server.queries.length + registry.queries.length).toBeLessThan(130)
  })
})

describe('a forger', () => {
  it('who does not know the case of the letters is not believed: the server is asked by a connection', async () => {
    await delegate({ 'shop.example': SHOP })
    const { queries } = await start(FIRST, {
      udp: (query, { reply }) => {
        const forged = answerTo(query, { authoritative: true, records: [txt('forged')] })
        forged.write('www', 13, 'latin1')
        forged.write('shop', 17, 'latin1')
        forged.write('example', 22, 'latin1')
        reply(forged)
      },
      tcp: (query) => withLength(answerTo(query, { authoritative: true, records: [txt('right')] })),
    })
    expect(await ask('TXT')).toEqual(['right'])
    expect(queries).toHaveLength(1)
  })
})

describe('a zone’s server that knows no EDNS', () => {
  const headerOf = (query: Buffer, rcode: number): Buffer => {
    const header = Buffer.from(query.subarray(0, 12)).fill(0, 4)
    header.writeUInt16BE(0x8000 | rcode, 2)
    return header
  }

  it.each<[string, (query: Buffer) => Buffer]>([
    ['FORMERR', (query) => answerTo(query, { rcode: 1 })],
    ['FORMERR without the question', (query) => headerOf(query, 1)],
    ['NOTIMP', (query) => answerTo(query, { rcode: 4 })],
  ])('and says so by %s is asked without', async (_how, refusal) => {
    await delegate({ 'shop.example': SHOP })
    const right = (query: Buffer) => answerTo(query, { authoritative: true, records: [txt('right')] })
    await start(FIRST, { udp: (query, { reply }) => reply(offersEdns(query) ? refusal(query) : right(query)) })
    expect(await ask('TXT')).toEqual(['right'])
  })

  it('nor anything else counts as failing', async () => {
    await delegate({ 'shop.example': SHOP })
    const { queries } = await serve(FIRST, () => ({ rcode: 4 }))
    expect(await ask('TXT')).toEqual({ kind: 'servfail', rcode: 'NOTIMP' })
    // For the text, and for an alias that may lead in a circle behind the failure; each with EDNS and without.
    expect(queries.length).toBeLessThanOrEqual(4)
  })
})

describe('addresses that are not of the internet', () => {
  const INSIDE = [a('169.254.169.254'), a('10.0.0.1'), a(FIRST), { type: 'AAAA' as const, rdata: LOOPBACK_6 }]

  it('are never asked unless the operator allows it', async () => {
    const inside = await serve(FIRST, () => ({ records: [txt('forged')] }))
    const nameServers = INSIDE.map((_, index) => `ns${index}.shop.example`)
    const glue = INSIDE.map((record, index) => ({ ...record, name: `ns${index}.shop.example` }))
    const authorities = nameServers.map((server) => pointer('NS', server, 'shop.example'))
    await serve(REGISTRY, () => ({ authoritative: false, authorities, additionals: glue }))
    const resolver = createResolver({ roots: [REGISTRY], port })
    const startedAt = performance.now()
    expect(await resolver.lookup('www.shop.example', 'TXT')).toMatchObject({ answer: { kind: 'timeout' } })
    // Asked, the first two would have stayed silent for as long as that.
    expect(performance.now() - startedAt).toBeLessThan(1000)
    expect(inside.queries).toHaveLength(0)
  })
})
