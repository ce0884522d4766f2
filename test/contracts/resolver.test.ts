import { createResolver } from '@mooring/providers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Challtestsrv, startChalltestsrv } from '../services/challtestsrv.ts'
import type { Running } from '../services/provide.ts'

describe('the resolver at a real DNS server', () => {
  let dns: Running<Challtestsrv>
  let lookup: (
    name: string,
    type: 'A' | 'AAAA' | 'CNAME' | 'TXT',
  ) => ReturnType<ReturnType<typeof createResolver>['ask']>
  beforeAll(async () => {
    dns = await startChalltestsrv()
    const server = dns.address.dnsServer
    const resolver = createResolver({ servers: [server] })
    lookup = (name, type) => resolver.ask(name, type, server)
  })
  afterAll(() => dns?.stop())

  const values = async (name: string, type: Parameters<typeof lookup>[1]) => {
    const answer = await lookup(name, type)
    return answer.kind === 'records' ? answer.records.map((record) => record.value).toSorted() : answer
  }

  it('reads every address and every text of a name', async () => {
    await dns.address.setA('shop.example.com', ['192.0.2.1', '192.0.2.2'])
    await dns.address.setAAAA('shop.example.com', ['2001:DB8::1'])
    await dns.address.setTXT('shop.example.com', ['v=spf1 -all', 'token=abc expiry=2026-12-01T00:00:00.000Z'])
    expect(await values('shop.example.com', 'A')).toEqual(['192.0.2.1', '192.0.2.2'])
    expect(await values('shop.example.com', 'AAAA')).toEqual(['2001:db8::1'])
    expect(await values('shop.example.com', 'TXT')).toEqual([
      'token=abc expiry=2026-12-01T00:00:00.000Z',
      'v=spf1 -all',
    ])
  })

  it('hands on the whole chain of an alias, in lower case and without last dots', async () => {
    await dns.address.setCNAME('www.example.com', 'Edge.Platform.EXAMPLE')
    await dns.address.setA('Edge.Platform.EXAMPLE', ['192.0.2.7'])
    expect(await lookup('www.example.com', 'A')).toMatchObject({
      kind: 'records',
      records: [
        { name: 'www.example.com', type: 'CNAME', value: 'edge.platform.example' },
        { name: 'edge.platform.example', type: 'A', value: '192.0.2.7' },
      ],
    })
  })

  it('sees a change at once, because nothing is cached', async () => {
    await dns.address.setA('new.example.com', ['192.0.2.3'])
    expect(await values('new.example.com', 'A')).toEqual(['192.0.2.3'])
    await dns.address.setA('new.example.com', ['192.0.2.4'])
    expect(await values('new.example.com', 'A')).toEqual(['192.0.2.4'])
    await dns.address.clearA('new.example.com')
    expect(await lookup('new.example.com', 'A')).toEqual({ kind: 'no_data' })
  })

  it('asks over TCP for what does not fit into a datagram', async () => {
    const texts = Array.from({ length: 60 }, (_, index) => `${index} ${'x'.repeat(100)}`)
    await dns.address.setTXT('long.example.com', texts)
    expect(await values('long.example.com', 'TXT')).toEqual(texts.toSorted())
  })

  it('takes a failing server for neither proof nor absence', async () => {
    await dns.address.setServfail('broken.example.com')
    expect(await lookup('broken.example.com', 'A')).toEqual({ kind: 'servfail', rcode: 'SERVFAIL' })
    await dns.address.clearServfail('broken.example.com')
    expect(await lookup('broken.example.com', 'A')).toEqual({ kind: 'no_data' })
  })

  it('answers many questions at once, each with its own', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `many-${index}.example.com`)
    await Promise.all(names.map((name, index) => dns.address.setA(name, [`192.0.2.${index}`])))
    const answers = await Promise.all(names.map((name) => values(name, 'A')))
    expect(answers).toEqual(names.map((_, index) => [`192.0.2.${index}`]))
  })
})
