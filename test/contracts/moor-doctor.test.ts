import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { reachAnswer } from '@mooring/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freePortAtEach, freePorts } from '../services/free-ports.ts'
import { runMoor } from '../services/moor.ts'
import { startNamed } from '../services/named.ts'
import { type PowerDns, startPowerDns } from '../services/powerdns.ts'
import type { Running } from '../services/provide.ts'

const ZONE = 'customer.example'
const HOSTNAME = `shop.${ZONE}`
const CHALLENGE = `_mooring-challenge.${HOSTNAME}`
const TOKEN = 'a1b2c3d4e5'.repeat(4)
const RECORD = `token=${TOKEN} expiry=2026-12-01T00:00:00.000Z`
const EDGE = 'edge.platform.example'
const EXPECTED = ['--record', RECORD, '--edge', EDGE]

const ROOT = '127.0.0.1'
const HOST = '127.0.62.2'

/** The root of a small internet: it has the edge's name, and delegates the customer's zone to a host we know. */
const ROOT_ZONE = `$TTL 60
@ SOA r. h. 1 60 60 60 60
@ NS r.
r. A ${ROOT}
${EDGE}. A 127.0.0.1
${ZONE}. NS dana.ns.cloudflare.com.
dana.ns.cloudflare.com. A ${HOST}
`

let root: Running<unknown>
let dns: Running<PowerDns>
let edge: Server
let fromTheRoot: string[]

beforeAll(async () => {
  const port = await freePortAtEach([ROOT, HOST])
  root = await startNamed({ port, zones: [{ name: '.', text: ROOT_ZONE }] })
  dns = await startPowerDns({ address: HOST, port })
  edge = await startEdge()
  const resolvers = ['--dns-resolvers', dns.address.dnsServer]
  const loopback = ['--dns-allow', '127.0.0.0/8', '--http-port', String((edge.address() as AddressInfo).port)]
  fromTheRoot = ['--dns-roots', ROOT, '--dns-port', String(port), ...resolvers, ...loopback]
})
afterAll(async () => {
  edge?.close()
  await Promise.all([dns?.stop(), root?.stop()])
})

beforeEach(() => dns.address.createZone(ZONE, { nameServers: ['dana.ns.cloudflare.com'] }))
afterEach(() => dns.address.deleteZone(ZONE))

/** Answers what a certificate authority would ask, as the platform's edges do. */
async function startEdge(): Promise<Server> {
  const server = createServer((request, response) => {
    const token = request.url?.split('/').at(-1) ?? ''
    response.end(reachAnswer(token, String(request.headers.host).replace(/:\d+$/, '')))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

async function setRight() {
  await dns.address.setRecords(CHALLENGE, 'TXT', [RECORD])
  await dns.address.setRecords(HOSTNAME, 'CNAME', [EDGE])
}

const doctor = (...args: string[]) => runMoor(['doctor', HOSTNAME, ...fromTheRoot, ...args])
const rowsOf = (text: string) => text.split('\n').map((row) => row.trim())

describe('a zone with mistakes', () => {
  test('an empty one: says where to sign in and what to type, each field on a line of its own', async () => {
    const { exitCode, stdout } = await doctor(...EXPECTED)
    expect(exitCode).toBe(1)
    const rows = rowsOf(stdout)
    expect(rows[0]).toBe(`✗ ${HOSTNAME}: The TXT record that proves ownership is not there.`)
    expect(stdout).toContain('Sign in at Cloudflare (https://dash.cloudflare.com)')
    expect(rows).toEqual(expect.arrayContaining(['Type    TXT', 'Host    _mooring-challenge.shop', RECORD]))
    expect(rows).toEqual(expect.arrayContaining(['Type    CNAME', 'Host    shop', `Value   ${EDGE}`]))
  })

  test('a stray IPv6 address: names it, and says to remove it', async () => {
    await dns.address.setRecords(CHALLENGE, 'TXT', [RECORD])
    await dns.address.setRecords(HOSTNAME, 'A', ['127.0.0.1'])
    await dns.address.setRecords(HOSTNAME, 'AAAA', ['2001:db8::1'])
    const { exitCode, stdout } = await doctor(...EXPECTED)
    expect(exitCode).toBe(1)
    expect(stdout).toContain('DNS_STRAY_AAAA')
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'has AAAA 2001:db8::1, which does not belong to this platform. Remove it',
    )
  })

  test('a CAA record of another authority: gives the record to add', async () => {
    await setRight()
    await dns.address.setRecords(ZONE, 'CAA', ['0 issue "ca.example"'])
    const { exitCode, stdout } = await doctor(...EXPECTED)
    expect(exitCode).toBe(1)
    expect(rowsOf(stdout)).toEqual(
      expect.arrayContaining(['Type    CAA', 'Host    @', 'Value   0 issue "letsencrypt.org"']),
    )
    const other = await doctor(...EXPECTED, '--ca', 'ca.example')
    expect(other.exitCode).toBe(0)
  })

  test('with the token alone: says what proves ownership, and that the rest was not looked at', async () => {
    const { exitCode, stdout } = await doctor('--token', TOKEN)
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(new RegExp(`^token=${TOKEN} expiry=`, 'm'))
    expect(stdout).toContain('where the name is to lead')
  })

  test('for programs: the diagnosis in the API’s words', async () => {
    const { exitCode, stdout } = await doctor(...EXPECTED, '--json')
    expect(exitCode).toBe(1)
    const diagnosis = JSON.parse(stdout)
    expect(diagnosis).toMatchObject({
      hostname: HOSTNAME,
      ok: false,
      reason: { code: 'DNS_TXT_MISSING', actor: 'customer' },
      zone: { name: ZONE, name_servers: ['dana.ns.cloudflare.com'] },
      dns_host: { name: 'Cloudflare', host_field: 'relative' },
      records: [
        { type: 'TXT', name: CHALLENGE, value: RECORD, status: 'missing', observed: [] },
        { type: 'CNAME', name: HOSTNAME, value: EDGE, status: 'missing', observed: [] },
      ],
    })
    expect(diagnosis.next_steps.length).toBeGreaterThan(0)
  })

  test('values that attack the terminal are spelled out', async () => {
    await dns.address.setRecords(CHALLENGE, 'TXT', ['\x1b]0;owned\x07\x1b[2J', 'x'.repeat(4000)])
    const { exitCode, stdout } = await doctor(...EXPECTED)
    expect(exitCode).toBe(1)
    expect(stdout).toContain('\\x1b]0;owned\\x07\\x1b[2J')
    expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
    expect(stdout.length).toBeLessThan(10_000)
  })

  test('without a UTF-8 locale, in ASCII', async () => {
    const { stdout } = await runMoor(['doctor', HOSTNAME, ...fromTheRoot, ...EXPECTED], { LANG: 'C' })
    expect(stdout).toMatch(/^[\n\x20-\x7e]*$/)
    expect(stdout).toContain('x missing TXT')
  })
})

describe('a zone that is right', () => {
  test('is well, and there is nothing to do', async () => {
    await setRight()
    const { exitCode, stdout } = await doctor(...EXPECTED)
    expect(stdout).toContain(`✓ ${HOSTNAME}: All is well.`)
    expect(stdout).not.toContain('What to do')
    expect(exitCode).toBe(0)
  })

  test('the token alone, and the environment, say as much', async () => {
    await setRight()
    const { exitCode } = await runMoor(['doctor', HOSTNAME, ...fromTheRoot, '--token', TOKEN], {
      MOORING_EDGE_HOSTNAME: EDGE,
      MOORING_EDGE_ADDRESSES: '127.0.0.1',
    })
    expect(exitCode).toBe(0)
  })

  test('compared with nothing, it is not called well', async () => {
    await setRight()
    const { exitCode, stdout } = await doctor()
    expect(exitCode).toBe(0)
    expect(stdout).not.toContain('All is well')
    expect(stdout).toContain('nobody said what is expected')
  })

  test('a name that is proved by its alias alone', async () => {
    await dns.address.setRecords(HOSTNAME, 'CNAME', [`${TOKEN}.${EDGE}`])
    const { stdout } = await doctor('--method', 'cname', '--token', TOKEN, '--edge', EDGE, '--json')
    const { checks } = JSON.parse(stdout)
    expect(checks).toContainEqual(expect.objectContaining({ id: 'ownership', status: 'ok' }))
  })
})

describe('what cannot be judged or makes no sense', () => {
  test('nobody answers: 3, and look again', async () => {
    const [closed] = await freePorts(1)
    const { exitCode, stdout } = await runMoor(['doctor', HOSTNAME, '--dns', `127.0.0.1:${closed}`, ...EXPECTED])
    expect(exitCode).toBe(3)
    expect(stdout).toContain('DNS_TIMEOUT')
    expect(stdout.split('What to do')[1]).toContain('look again')
  })

  test('a server of Mooring that does not answer: goes on alone, and says so', async () => {
    await setRight()
    const [closed] = await freePorts(1)
    const { exitCode, stdout } = await runMoor(['doctor', HOSTNAME, ...fromTheRoot], {
      MOORING_API_URL: `http://127.0.0.1:${closed}`,
      MOORING_API_KEY: 'k'.repeat(32),
    })
    expect(exitCode).toBe(0)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`127.0.0.1:${closed} cannot be reached`)
  })

  test.each([
    ['no hostname', ['doctor', 'https://shop.example.com/'], 'no scheme, port or path'],
    ['an option that is not there', ['doctor', HOSTNAME, '--loud'], "unknown option '--loud'"],
    ['a server that is none', ['doctor', HOSTNAME, '--dns', 'ns1'], 'expected ip:port'],
    ['a token that is none', ['doctor', HOSTNAME, '--token', 'abc'], '40 hexadecimal digits'],
    ['a wildcard shown by a web server', ['doctor', '*.customer.example', '--method', 'http'], 'method txt only'],
    ['an alias of nobody knows what', ['doctor', HOSTNAME, '--method', 'cname'], '--edge'],
    ['control characters', ['doctor', '\x1b[2J'], '\\x1b[2J'],
  ])('%s: 2, and what was expected', async (_what, args, sentence) => {
    const { exitCode, stdout, stderr } = await runMoor(args)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(sentence)
    expect(stderr).not.toContain('\x1b')
    expect(stdout).toBe('')
  })
})
