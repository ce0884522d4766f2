import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { X509Certificate, generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { createLocalCa } from '../local-ca/local-ca.ts'
import { signLeaf } from '../local-ca/sign-leaf.ts'
import { certificateIdOf } from './certificate-id.ts'

/** RFC 9773, appendix A. Its serial begins with a byte above 7F. */
const EXAMPLE = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
`

test('the example of the RFC has the name that the RFC gives it', () => {
  expect(certificateIdOf(EXAMPLE)).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE')
})

test('the serial is as in the certificate, whatever its first bit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-ca-'))
  const ca = await createLocalCa(folder)
  await rm(folder, { recursive: true })
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicKeyDer = publicKey.export({ type: 'spki', format: 'der' })
  for (let time = 0; time < 8; time++) {
    const names = [{ type: 'dns' as const, value: 'shop.example.com' }]
    const pem = await signLeaf(ca, { publicKeyDer, names, now: new Date() })
    const { raw } = new X509Certificate(pem)
    const serial = Buffer.from(certificateIdOf(pem)?.split('.')[1] ?? '', 'base64url')
    // DER: the INTEGER's tag and length come before it.
    expect(raw.includes(Buffer.concat([Buffer.from([0x02, serial.length]), serial]))).toBe(true)
    expect(serial[0]).toBeLessThan(0x80)
  }
})

test('a certificate that does not name its issuer’s key has no such name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-ca-'))
  const { caCertPem } = await createLocalCa(folder)
  await rm(folder, { recursive: true })
  expect(certificateIdOf(caCertPem)).toBeNull()
})
