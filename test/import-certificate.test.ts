import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY, type Hostname, MINUTE, after, importCertificate } from '@mooring/core'
import { type LocalCa, createLeafKeyAndCsr, createLocalCa } from '@mooring/providers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aLeaf, dns } from './builders/own-certificate.ts'

const hostname = 'shop.example.com' as Hostname
const now = new Date()
const folder = join(tmpdir(), `mooring-import-${randomUUID()}`)
const { keyPem } = createLeafKeyAndCsr(hostname)
let ca: LocalCa
beforeAll(async () => void (ca = await createLocalCa(join(folder, 'one'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

const leaf = (facts: Partial<Parameters<typeof aLeaf>[0]> = {}) =>
  aLeaf({ ca, keyPem, names: dns(hostname), now, ...facts })
const take = (chainPem: string, key = keyPem, name: string = hostname) =>
  importCertificate({ chainPem, keyPem: key }, { hostname: name as Hostname, now })
const codes = (result: ReturnType<typeof take>) =>
  result.ok ? [] : result.errors.map(({ path, code }) => `${path} ${code}`)

describe('importCertificate', () => {
  it('takes a certificate that fits, with its chain, and reminds when a third of its lifetime is left', async () => {
    const taken = take(`${await leaf()}${ca.caCertPem}`)
    if (!taken.ok) throw new Error(JSON.stringify(taken.errors))
    const { chainPem, notBefore, notAfter, renewAt, serial } = taken.issued
    expect(chainPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
    expect(serial).toMatch(/^[0-9A-F]+$/)
    const left = (notAfter.getTime() - renewAt.getTime()) / (notAfter.getTime() - notBefore.getTime())
    expect(left).toBeCloseTo(1 / 3)
    expect(taken.keyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
  })

  it.each([
    ['with more names', hostname, ['www.example.com', hostname]],
    ['of a wildcard that covers the name', hostname, ['*.example.com']],
    ['of the wildcard itself', '*.example.com', ['example.com', '*.example.com']],
  ])('takes a certificate %s', async (_what, name, names) => {
    expect(codes(take(await leaf({ names: dns(...names) }), keyPem, name))).toEqual([])
  })

  it.each([
    ['for another name', hostname, ['shop.example.org']],
    ['of a wildcard two labels above', hostname, ['*.com']],
    ['of a wildcard beside the name', 'example.com', ['*.example.com']],
    ['of one name below the wildcard', '*.example.com', ['shop.example.com']],
  ])('refuses a certificate %s', async (_what, name, names) => {
    expect(codes(take(await leaf({ names: dns(...names) }), keyPem, name))).toEqual(['chain_pem CERT_NAME_MISMATCH'])
  })

  it('says everything that is wrong at once', async () => {
    const old = await leaf({ names: dns('shop.example.org'), now: after(now, -91 * DAY) })
    const other = createLeafKeyAndCsr(hostname).keyPem
    expect(codes(take(`${old}${old}`, other))).toEqual([
      'chain_pem CERT_NAME_MISMATCH',
      'chain_pem CERT_EXPIRED',
      'chain_pem CERT_CHAIN_ORDER',
      'key_pem CERT_KEY_MISMATCH',
    ])
    expect(codes(take('no chain', 'no key'))).toEqual(['chain_pem CERT_UNREADABLE', 'key_pem KEY_UNREADABLE'])
  })

  it('refuses a chain that begins with the authority, or has a stranger in it', async () => {
    const stranger = await createLocalCa(join(folder, 'two'))
    expect(codes(take(`${ca.caCertPem}${await leaf()}`))).toContain('chain_pem CERT_IS_CA')
    expect(codes(take(`${await leaf()}${stranger.caCertPem}`))).toEqual(['chain_pem CERT_CHAIN_ORDER'])
  })

  it('refuses a certificate for clients, and one that is yet to come', async () => {
    expect(codes(take(await leaf({ usage: 'client' })))).toEqual(['chain_pem CERT_NOT_FOR_SERVERS'])
    expect(codes(take(await leaf({ now: after(now, 30 * MINUTE) })))).toEqual(['chain_pem CERT_NOT_YET_VALID'])
  })

  it('refuses a certificate that is signed with SHA-1', async () => {
    expect(codes(take(await leaf({ hash: 'SHA-1' })))).toEqual(['chain_pem CERT_SIGNATURE_WEAK'])
  })

  it('refuses a thousand certificates, and megabytes, unread', async () => {
    expect(codes(take((await leaf()).repeat(11)))).toEqual(['chain_pem CERT_UNREADABLE'])
    expect(codes(take(`${await leaf()}${' '.repeat(10_000_000)}`))).toEqual(['chain_pem CERT_UNREADABLE'])
  })

  it('reminds later when less than a third of its lifetime is left: it is of use all the same', async () => {
    const taken = take(await leaf({ now: after(now, -80 * DAY) }))
    if (!taken.ok) throw new Error(JSON.stringify(taken.errors))
    expect(taken.issued.renewAt.getTime()).toBeGreaterThan(now.getTime())
    expect(taken.issued.renewAt.getTime()).toBeLessThanOrEqual(taken.issued.notAfter.getTime())
  })
})
