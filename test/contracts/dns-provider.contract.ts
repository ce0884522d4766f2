import { type DnsProvider, DnsProviderProblem, type RecordSet } from '@mooring/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

export interface DnsHostUnderTest {
  /** With credentials that may change the zones below. */
  provider: DnsProvider
  /** The same host with credentials that it does not know. */
  stranger: DnsProvider
  /** The same account where nobody listens. */
  gone: DnsProvider
  /** The apex of a zone that the account holds. */
  zone: string
  /** What the host itself says stands at exactly this name: values without quotes and last dots, in any order. */
  served(name: string, type: RecordSet['type']): Promise<string[]>
  stop(): Promise<void>
}

/** What every `DnsProvider` promises. `start` runs once; each test has names of its own below the zone. */
export function dnsProviderContract(host: string, start: () => Promise<DnsHostUnderTest>): void {
  describe(`a zone at ${host}`, () => {
    const { signal } = new AbortController()
    let under: DnsHostUnderTest
    let shop = ''
    let tests = 0
    beforeAll(async () => {
      under = await start()
    })
    afterAll(() => under?.stop())
    beforeEach(() => {
      tests += 1
      shop = `shop-${tests}.${under.zone}`
    })

    const set = (type: RecordSet['type'], values: string[], name = shop): RecordSet => ({
      name,
      type,
      ttlSeconds: 300,
      values,
    })
    const upsert = (recordSet: RecordSet) => under.provider.upsert(under.zone, recordSet, signal)
    const list = async (name = shop) =>
      (await under.provider.list(under.zone, name, signal))
        .map((recordSet) => ({ ...recordSet, values: recordSet.values.toSorted() }))
        .toSorted((one, other) => one.type.localeCompare(other.type))

    describe('finding', () => {
      it('finds the zone of a name at and below its apex, however it is written', async () => {
        const { provider, zone } = under
        for (const name of [zone, shop, `a.b.c.${zone}`, `*.${shop}`, `_mooring-challenge.${shop}`]) {
          expect(await provider.findZone(name, signal)).toBe(zone)
        }
        expect(await provider.findZone(`${shop.toUpperCase()}.`, signal)).toBe(zone)
      })

      it('finds no zone that the account does not hold', async () => {
        expect(await under.provider.findZone('shop.another-platform.org', signal)).toBeNull()
        expect(await under.provider.findZone(`not-${under.zone}`, signal)).toBeNull()
      })
    })

    describe('writing', () => {
      it('serves what was written, and lists it', async () => {
        await upsert(set('A', ['192.0.2.1', '192.0.2.2']))
        await upsert(set('AAAA', ['2001:db8::1']))
        await upsert(set('TXT', ['token=1 expiry=2', 'v=spf1 -all']))
        expect((await under.served(shop, 'A')).toSorted()).toEqual(['192.0.2.1', '192.0.2.2'])
        expect(await under.served(shop, 'AAAA')).toEqual(['2001:db8::1'])
        expect((await under.served(shop, 'TXT')).toSorted()).toEqual(['token=1 expiry=2', 'v=spf1 -all'])
        expect(await list()).toEqual([
          set('A', ['192.0.2.1', '192.0.2.2']),
          set('AAAA', ['2001:db8::1']),
          set('TXT', ['token=1 expiry=2', 'v=spf1 -all']),
        ])
      })

      it('lists exactly the name: not its neighbours, what is below it, or a wildcard that covers it', async () => {
        await upsert(set('A', ['192.0.2.1'], `www.${shop}`))
        // No text: DigitalOcean takes none at a wildcard, and Mooring writes none there.
        await upsert(set('AAAA', ['2001:db8::9'], `*.${shop}`))
        await upsert(set('A', ['192.0.2.9'], `*.${shop}`))
        expect(await list()).toEqual([])
        expect(await list(`covered.${shop}`)).toEqual([])
        expect(await list(`www.${shop}`)).toEqual([set('A', ['192.0.2.1'], `www.${shop}`)])
        expect(await list(`*.${shop}`)).toMatchObject([{ values: ['192.0.2.9'] }, { values: ['2001:db8::9'] }])
      })

      it('may be repeated', async () => {
        for (let time = 1; time <= 3; time++) await upsert(set('TXT', ['one', 'two']))
        expect((await under.served(shop, 'TXT')).toSorted()).toEqual(['one', 'two'])
      })

      it('replaces the whole set with its time to live, and leaves the other types alone', async () => {
        await upsert(set('A', ['192.0.2.1', '192.0.2.2']))
        await upsert(set('TXT', ['stays']))
        await upsert({ ...set('A', ['192.0.2.3']), ttlSeconds: 900 })
        expect(await under.served(shop, 'A')).toEqual(['192.0.2.3'])
        expect(await list()).toEqual([{ ...set('A', ['192.0.2.3']), ttlSeconds: 900 }, set('TXT', ['stays'])])
      })

      it('writes a value that is given twice once', async () => {
        await upsert(set('A', ['192.0.2.1', '192.0.2.1']))
        expect(await under.served(shop, 'A')).toEqual(['192.0.2.1'])
      })

      it('loses nothing when several names are written at the same time', async () => {
        const names = Array.from({ length: 6 }, (_, index) => `n${index}.${shop}`)
        await Promise.all(names.map((name) => upsert(set('A', ['192.0.2.1'], name))))
        for (const name of names) expect(await under.served(name, 'A')).toEqual(['192.0.2.1'])
      })

      it('writes at the apex and at a wildcard', async () => {
        for (const name of [under.zone, `*.${shop}`]) {
          await upsert(set('A', ['192.0.2.1'], name))
          expect(await under.served(name, 'A')).toEqual(['192.0.2.1'])
          await under.provider.remove(under.zone, { name, type: 'A' }, signal)
        }
      })

      it('knows names by any spelling, and lists them in lower case without the last dot', async () => {
        await upsert(set('CNAME', ['Edge.Platform.EXAMPLE.'], `${shop.toUpperCase()}.`))
        expect(await under.served(shop, 'CNAME')).toEqual(['edge.platform.example'])
        const written = [set('CNAME', ['edge.platform.example'])]
        expect(await list()).toEqual(written)
        expect(await list(`${shop.toUpperCase()}.`)).toEqual(written)
        await upsert(set('CNAME', ['edge.platform.example']))
        expect(await list()).toEqual(written)
        await under.provider.remove(under.zone, { name: `${shop.toUpperCase()}.`, type: 'CNAME' }, signal)
        expect(await list()).toEqual([])
      })

      it('lists an IPv6 address in its short form, however it was written', async () => {
        await upsert(set('AAAA', ['2001:DB8:0:0:0:0:0:00a1', '::ffff:192.0.2.1']))
        expect((await list()).flatMap(({ values }) => values)).toEqual(['2001:db8::a1', '::ffff:c000:201'])
      })
    })

    describe('text', () => {
      it.each([
        ['quotes', 'say "hi"', '"'],
        ['semicolons and parentheses', 'v=DMARC1; p=none ; (comment)', ';'],
        ['backslashes', String.raw`a\b \" \065 \\`, '\\'],
        ['spaces at its ends', '  two  ', ' '],
        ['what means something in a zone file', '@ $ORIGIN $INCLUDE /etc/hosts * 0 IN', '@'],
        ['255 octets', 'x'.repeat(255), 'y'.repeat(256)],
        ['many octets', `${'long '.repeat(300)}end`, 'y'.repeat(2000)],
        ['letters of many alphabets', 'grüß 世界 🙂', 'é'],
      ])('with %s comes back as it was', async (_, ...values) => {
        await upsert(set('TXT', values))
        expect((await under.served(shop, 'TXT')).toSorted()).toEqual(values.toSorted())
        expect(await list()).toEqual([set('TXT', values.toSorted())])
      })
    })

    describe('removing', () => {
      it('takes the set away and no other, and may be repeated', async () => {
        await upsert(set('A', ['192.0.2.1', '192.0.2.2']))
        await upsert(set('TXT', ['stays']))
        for (let time = 1; time <= 2; time++) {
          await under.provider.remove(under.zone, { name: shop, type: 'A' }, signal)
          expect(await under.served(shop, 'A')).toEqual([])
        }
        expect(await list()).toEqual([set('TXT', ['stays'])])
        await under.provider.remove(under.zone, { name: `never.${shop}`, type: 'CNAME' }, signal)
      })
    })

    describe('what it refuses', () => {
      const refused = async (call: Promise<unknown>) => {
        const problem = await problemOf(call)
        expect(problem).toBeInstanceOf(DnsProviderProblem)
        expect(problem).toMatchObject({ kind: 'refused' })
      }

      it('is an alias beside other records, either way around', async () => {
        await upsert(set('A', ['192.0.2.1']))
        await refused(upsert(set('CNAME', ['edge.platform.example'])))
        expect(await under.served(shop, 'A')).toEqual(['192.0.2.1'])

        await upsert(set('CNAME', ['edge.platform.example'], `www.${shop}`))
        await refused(upsert(set('A', ['192.0.2.1'], `www.${shop}`)))
        expect(await under.served(`www.${shop}`, 'CNAME')).toEqual(['edge.platform.example'])
      })

      it('is a set without values, an alias of two names, and a name outside the zone', async () => {
        await refused(upsert(set('A', [])))
        await refused(upsert(set('CNAME', ['a.example.net', 'b.example.net'])))
        await refused(upsert(set('A', ['192.0.2.1'], 'shop.another-platform.org')))
        await refused(under.provider.list(under.zone, `not${under.zone}`, signal))
      })

      it.each([
        'a b',
        'a;b',
        'a"b',
        'a\\b',
        'a\nb',
        'a\r\nsend\n',
        'a/../b',
        'a?b=c',
        'a%2eb',
        '-a',
        'a..b',
        'a$b',
        'é',
      ])('is the name %j', async (label) => {
        await refused(upsert(set('A', ['192.0.2.1'], `${label}.${shop}`)))
        await refused(under.provider.list(under.zone, `${label}.${shop}`, signal))
        await refused(under.provider.remove(under.zone, { name: `${label}.${shop}`, type: 'A' }, signal))
        await refused(upsert(set('CNAME', [`${label}.example.net`])))
      })

      it.each<[RecordSet['type'], string]>([
        ['A', '192.0.2'],
        ['A', '2001:db8::1'],
        ['A', '192.0.2.1\nupdate delete victim'],
        ['A', '192.0.2.1 ; comment'],
        ['AAAA', '192.0.2.1'],
        ['AAAA', 'fe80::1%eth0'],
        ['AAAA', '2001:db8::1\nsend'],
        ['CNAME', ''],
        ['CNAME', '.'],
        ['CNAME', 'edge.platform.example 300'],
        ['TXT', 'half a character \ud800'],
      ])('is the %s value %j', async (type, value) => {
        await refused(upsert(set(type, [value])))
        expect(await list()).toEqual([])
      })

      it('is a text longer than a record can be', async () => {
        await refused(upsert(set('TXT', ['x'.repeat(70_000)])))
        expect(await list()).toEqual([])
      })
    })

    it('takes text that looks like a command for text', async () => {
      const victim = `victim.${shop}`
      await upsert(set('A', ['192.0.2.1'], victim))
      const smuggled = [
        `x\nupdate delete ${victim}. A\nsend\n`,
        `x" \nserver 192.0.2.66\nsend`,
        `x"\r\nupdate add ${victim}. 60 A 192.0.2.66\r\n\r\n`,
        '"; quit',
        '\u0000\u0001\u007f',
      ]
      await upsert(set('TXT', smuggled))
      expect((await under.served(shop, 'TXT')).toSorted()).toEqual(smuggled.toSorted())
      expect(await under.served(victim, 'A')).toEqual(['192.0.2.1'])
    })

    describe('trouble', () => {
      it('is the operator’s to mend when the credentials are wrong', async () => {
        const { stranger, zone } = under
        const calls = [stranger.upsert(zone, set('A', ['192.0.2.1']), signal), stranger.findZone(shop, signal)]
        for (const problem of await Promise.all(calls.map(problemOf))) {
          expect(problem).toBeInstanceOf(DnsProviderProblem)
          expect(problem).toMatchObject({ kind: 'unauthorized' })
        }
        expect(await list()).toEqual([])
      })

      it('passes when nobody answers', async () => {
        const { gone, zone } = under
        const calls = [
          gone.findZone(shop, signal),
          gone.list(zone, shop, signal),
          gone.upsert(zone, set('A', ['192.0.2.1']), signal),
          gone.remove(zone, { name: shop, type: 'A' }, signal),
        ]
        for (const problem of await Promise.all(calls.map(problemOf))) {
          expect(problem).toBeInstanceOf(DnsProviderProblem)
          expect(problem).toMatchObject({ kind: 'unavailable' })
        }
      })

      it('ends at once when the caller gives up', async () => {
        const given = AbortSignal.abort()
        const problem = await problemOf(under.provider.upsert(under.zone, set('A', ['192.0.2.1']), given))
        expect(problem).toBeInstanceOf(DnsProviderProblem)
        expect(problem).toMatchObject({ kind: 'unavailable' })
        expect(await list()).toEqual([])
      })
    })
  })
}

/** What the call throws, or its answer as text. */
const problemOf = (call: Promise<unknown>) => call.then(String, (error: unknown) => error)
