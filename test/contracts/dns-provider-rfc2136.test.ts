import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DnsProvider } from '@mooring/core'
import { createDnsProvider } from '@mooring/providers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Named, startNamed } from '../services/named.ts'
import type { Running } from '../services/provide.ts'
import { dnsProviderContract } from './dns-provider.contract.ts'
import { readFrom } from './read-served.ts'

const zone = 'platform.example'
const apex = '$TTL 60\n@ SOA ns1 hostmaster 1 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.53\n'
const secretOf = (words: string) => Buffer.from(words.padEnd(64, '.')).toString('base64')
const key = { keyName: 'mooring', secret: secretOf('the key') }

const open = (server: string, { keyName, secret, algorithm = 'hmac-sha256' }: Key = key): DnsProvider =>
  createDnsProvider({ provider: 'rfc2136', server, key_name: keyName, algorithm, credentials: { secret } })

interface Key {
  keyName: string
  secret: string
  algorithm?: 'hmac-sha256' | 'hmac-sha512'
}

dnsProviderContract('a server with dynamic updates', async () => {
  const named = await startNamed({ zones: [{ name: zone, text: apex, updates: key }] })
  const { dnsServer } = named.address
  return {
    zone,
    provider: open(dnsServer),
    stranger: open(dnsServer, { ...key, secret: secretOf('another key') }),
    gone: open('127.0.0.1:1'),
    served: readFrom(dnsServer),
    stop: named.stop,
  }
})

describe('a server with dynamic updates', () => {
  const { signal } = new AbortController()
  const strong = { keyName: 'strong', secret: secretOf('another'), algorithm: 'hmac-sha512' } as const
  let named: Running<Named>
  let provider: DnsProvider
  beforeAll(async () => {
    named = await startNamed({
      zones: [
        { name: zone, text: `${apex}away NS ns.elsewhere.example.\nmail MX 10 mx.${zone}.\n`, updates: key },
        { name: `eu.${zone}`, text: apex, updates: strong },
        { name: 'fixed.example', text: apex },
      ],
    })
    provider = open(named.address.dnsServer)
  })
  afterAll(() => named?.stop())

  it('has a zone below a zone, with a key and an algorithm of its own', async () => {
    const below = open(named.address.dnsServer, strong)
    expect(await below.findZone(`shop.eu.${zone}`, signal)).toBe(`eu.${zone}`)
    expect(await provider.findZone(`shop.${zone}`, signal)).toBe(zone)
  })

  it('does not let a key near a zone that it may not change', async () => {
    const refused = { kind: 'unauthorized', message: expect.stringContaining('does not let the key mooring change') }
    await expect(provider.findZone('shop.fixed.example', signal)).rejects.toMatchObject(refused)
    const set = { name: 'shop.fixed.example', type: 'A' as const, ttlSeconds: 60, values: ['192.0.2.1'] }
    await expect(provider.upsert('fixed.example', set, signal)).rejects.toMatchObject(refused)
  })

  it('does not hold what it has delegated away', async () => {
    expect(await provider.findZone(`shop.away.${zone}`, signal)).toBeNull()
    await expect(provider.list(zone, `shop.away.${zone}`, signal)).rejects.toMatchObject({ kind: 'refused' })
  })

  it('puts no alias beside records of a type that Mooring does not know', async () => {
    const alias = { name: `mail.${zone}`, type: 'CNAME' as const, ttlSeconds: 60, values: ['edge.example'] }
    await expect(provider.upsert(zone, alias, signal)).rejects.toMatchObject({ kind: 'refused' })
    expect(await readFrom(named.address.dnsServer)(alias.name, 'CNAME')).toEqual([])
  })

  it('is unavailable within seconds while it hangs', async () => {
    process.kill(named.address.pid, 'SIGSTOP')
    try {
      const set = { name: `late.${zone}`, type: 'A' as const, ttlSeconds: 60, values: ['192.0.2.1'] }
      const given = AbortSignal.timeout(300)
      await expect(provider.upsert(zone, set, given)).rejects.toMatchObject({ kind: 'unavailable' })
      await expect(provider.list(zone, set.name, signal)).rejects.toMatchObject({ kind: 'unavailable' })
    } finally {
      process.kill(named.address.pid, 'SIGCONT')
    }
  })
})

describe('the program nsupdate', () => {
  const { signal } = new AbortController()
  const set = { name: `shop.${zone}`, type: 'A' as const, ttlSeconds: 60, values: ['192.0.2.1'] }
  const path = process.env['PATH']
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mooring-nsupdate-'))
  })
  afterEach(() => {
    process.env['PATH'] = path
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('learns the key from its input, and neither from its arguments nor from the environment', async () => {
    const seen = join(folder, 'seen')
    await writeFile(join(folder, 'nsupdate'), `#!/bin/sh\n{ echo "$@"; env; } > '${seen}'\ncat > '${seen}-input'\n`)
    await chmod(join(folder, 'nsupdate'), 0o755)
    process.env['PATH'] = `${folder}:${path}`
    process.env['SECRET_OF_THE_WORKER'] = 'hunter2'
    await open('127.0.0.1:5353').upsert(zone, set, signal)
    delete process.env['SECRET_OF_THE_WORKER']
    expect(await readFile(seen, 'utf8')).not.toMatch(new RegExp(`${key.secret}|hunter2`))
    expect((await readFile(`${seen}-input`, 'utf8')).split('\n')).toEqual([
      'server 127.0.0.1 5353',
      `zone ${zone}.`,
      `key hmac-sha256:mooring ${key.secret}`,
      `prereq nxrrset ${set.name}. CNAME`,
      `update delete ${set.name}. A`,
      `update add ${set.name}. 60 A 192.0.2.1`,
      'send',
      '',
    ])
  })

  it('is named, with how to install it, when it is not there', async () => {
    process.env['PATH'] = join(folder, 'nothing')
    await expect(open('127.0.0.1:5353').upsert(zone, set, signal)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('bind9-dnsutils on Debian'),
    })
  })
})
