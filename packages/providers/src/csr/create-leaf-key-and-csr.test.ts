import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { Hostname } from '@mooring/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { x509 } from '../local-ca/x509-library.ts'
import { createLeafKeyAndCsr } from './create-leaf-key-and-csr.ts'

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/)
const name = fc.array(label, { minLength: 2, maxLength: 7 }).map((labels) => labels.join('.') as Hostname)
const hostname = fc.oneof(
  name,
  name.map((base) => `*.${base}` as Hostname),
)

test('a request names exactly the hostname and is signed by the key that comes with it', async () => {
  await fc.assert(
    fc.asyncProperty(hostname, async (name) => {
      const { keyPem, csrDer } = createLeafKeyAndCsr(name)
      const csr = new x509.Pkcs10CertificateRequest(csrDer)

      expect(await csr.verify()).toBe(true)
      const [extension] = csr.extensions
      expect(csr.extensions).toHaveLength(1)
      expect((extension as x509.SubjectAlternativeNameExtension).names.toJSON()).toEqual([{ type: 'dns', value: name }])
      const spki = createPublicKey(keyPem).export({ type: 'spki', format: 'der' })
      expect(Buffer.from(csr.publicKey.rawData)).toEqual(spki)
    }),
    { numRuns: 50 },
  )
})

test('a name of 253 characters still makes a request', async () => {
  const name = ['a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63), 'd'.repeat(61)].join('.') as Hostname
  const { csrDer } = createLeafKeyAndCsr(name)
  expect(await new x509.Pkcs10CertificateRequest(csrDer).verify()).toBe(true)
})

test('the key is P-256, and a new one every time', () => {
  const one = createLeafKeyAndCsr('shop.example.com' as Hostname)
  const two = createLeafKeyAndCsr('shop.example.com' as Hostname)
  expect(createPrivateKey(one.keyPem).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  expect(one.keyPem).not.toBe(two.keyPem)
})
