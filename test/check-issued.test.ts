import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rm } from 'node:fs/promises'
import { CaProblem, DAY, type Hostname, MINUTE, after, checkIssued } from '@mooring/core'
import { type LocalCa, createLeafKeyAndCsr, createLocalCa, createLocalCaIssuer, signLeaf } from '@mooring/providers'
import { X509Certificate, createPublicKey } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const hostname = 'shop.example.com' as Hostname
const now = new Date()
const folder = join(tmpdir(), `mooring-ca-${randomUUID()}`)
const { keyPem } = createLeafKeyAndCsr(hostname)
let ca: LocalCa

beforeAll(async () => void (ca = await createLocalCa(join(folder, 'one'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

type Names = { type: 'dns' | 'ip'; value: string }[]
const leafFor = (names: Names, { key = keyPem, at = now, by = ca } = {}): Promise<string> => {
  const publicKeyDer = createPublicKey(key).export({ type: 'spki', format: 'der' })
  return signLeaf(by, { publicKeyDer: new Uint8Array(publicKeyDer), names, now: at })
}
const dns = (...values: string[]): Names => values.map((value) => ({ type: 'dns', value }))
const check = (chainPem: string) => checkIssued(chainPem, { hostname, keyPem, now })

describe('checkIssued', () => {
  it('takes a certificate that fits, and reads its facts', async () => {
    const leaf = await leafFor(dns(hostname))
    const issued = check(`${leaf}${ca.caCertPem}`)
    const { serialNumber } = new X509Certificate(leaf)
    expect(issued).toMatchObject({ serial: serialNumber, notAfter: expect.any(Date) })
    expect(serialNumber).toMatch(/^[0-9A-F]+$/)
    if (issued instanceof CaProblem) throw issued
    expect(issued.chainPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
    expect(issued.renewAt.getTime()).toBeLessThan(issued.notAfter.getTime())
    expect(issued.renewAt.getTime()).toBeGreaterThan(after(now, 50 * DAY).getTime())
  })

  it('keeps nothing that stands between the certificates', async () => {
    const leaf = await leafFor(dns(hostname))
    const issued = check(`# ran \`id\`\n${leaf}; rm -rf /\n${ca.caCertPem}`)
    if (issued instanceof CaProblem) throw issued
    const blocks = [leaf, ca.caCertPem].map((pem) => pem.trim())
    expect(issued.chainPem.trim().split(/\n(?=-----BEGIN)/)).toEqual(blocks)
  })

  it.each([
    ['another name', () => leafFor(dns('shop.example.org'))],
    ['one name too many', () => leafFor(dns(hostname, 'www.example.com'))],
    ['a wildcard that covers the name', () => leafFor(dns('*.example.com'))],
    ['an address', () => leafFor([{ type: 'ip', value: '192.0.2.1' }])],
    ['another key', () => leafFor(dns(hostname), { key: createLeafKeyAndCsr(hostname).keyPem })],
    ['a day that is yet to come', () => leafFor(dns(hostname), { at: after(now, 30 * MINUTE) })],
    ['a time that is over', () => leafFor(dns(hostname), { at: after(now, -91 * DAY) })],
    ['nobody: the answer is empty', async () => ''],
    ['nobody: the answer is text', async () => 'certificate to follow by mail'],
    ['nobody: the block is no X.509', async () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ])('refuses a certificate for %s', async (_what, make) => {
    expect(check(await make())).toMatchObject({ name: 'CaProblem', type: 'wrongCertificate' })
  })

  it('refuses a chain in the wrong order, or with a stranger in it', async () => {
    const leaf = await leafFor(dns(hostname))
    const stranger = await createLocalCa(join(folder, 'two'))
    expect(check(`${ca.caCertPem}${leaf}`)).toBeInstanceOf(CaProblem)
    expect(check(`${leaf}${stranger.caCertPem}`)).toBeInstanceOf(CaProblem)
    expect(check(`${leaf}${leaf}`)).toBeInstanceOf(CaProblem)
  })

  it('refuses a chain of a thousand certificates and one of megabytes unread', async () => {
    const leaf = await leafFor(dns(hostname))
    expect(check(leaf.repeat(11))).toBeInstanceOf(CaProblem)
    expect(check(`${leaf}${' '.repeat(10_000_000)}`)).toBeInstanceOf(CaProblem)
  })
})

describe('createLocalCa', () => {
  it('is made once, however many ask for it first, and kept', async () => {
    const asked = await Promise.all(Array.from({ length: 5 }, () => createLocalCa(join(folder, 'shared'))))
    expect(new Set(asked.map(({ caCertPem }) => caCertPem)).size).toBe(1)
    expect(await createLocalCa(join(folder, 'shared'))).toEqual(asked[0])
    const certificate = new X509Certificate(asked[0]?.caCertPem ?? '')
    expect(certificate.publicKey.equals(createPublicKey(asked[0]?.caKeyPem ?? ''))).toBe(true)
  })

  it('signs no request that its key did not sign', async () => {
    const { csrDer } = createLeafKeyAndCsr(hostname)
    csrDer.writeUInt8(csrDer.readUInt8(csrDer.length - 1) ^ 1, csrDer.length - 1)
    const issuer = createLocalCaIssuer(ca)
    const { signal } = new AbortController()
    for (const wrong of [csrDer, Buffer.from('not a request')]) {
      await expect(issuer.finalize({ orderUrl: 'local:1' }, wrong, signal)).rejects.toMatchObject({ type: 'badCSR' })
    }
  })
})
