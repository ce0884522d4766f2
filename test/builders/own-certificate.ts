// The library resolves its parts through decorators and fails on import without this polyfill before it.
import 'reflect-metadata'
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { DAY, after } from '@mooring/core'
import type { LocalCa } from '@mooring/providers'
import * as x509 from '@peculiar/x509'

const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const
const USAGES = { server: x509.ExtendedKeyUsage.serverAuth, client: x509.ExtendedKeyUsage.clientAuth }

export const dns = (...values: string[]): { type: 'dns'; value: string }[] =>
  values.map((value) => ({ type: 'dns', value }))

interface LeafFacts {
  ca: LocalCa
  keyPem: string
  names: { type: 'dns' | 'ip'; value: string }[]
  /** When it was issued; it is good for 90 days from then. */
  now: Date
  usage?: keyof typeof USAGES
  hash?: 'SHA-1' | 'SHA-256'
}

/** A certificate as a customer brings it, whatever may be wrong with it; PEM. */
export async function aLeaf({
  ca,
  keyPem,
  names,
  now,
  usage = 'server',
  hash = 'SHA-256',
}: LeafFacts): Promise<string> {
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: `7${randomBytes(15).toString('hex').slice(1)}`,
    subject: 'CN=own',
    issuer: new x509.X509Certificate(ca.caCertPem).subjectName,
    notBefore: now,
    notAfter: after(now, 90 * DAY),
    signingAlgorithm: { ...P256, hash },
    publicKey: new x509.PublicKey(createPublicKey(keyPem).export({ type: 'spki', format: 'der' })),
    signingKey: createPrivateKey(ca.caKeyPem).toCryptoKey(P256, false, ['sign']),
    extensions: [new x509.ExtendedKeyUsageExtension([USAGES[usage]]), new x509.SubjectAlternativeNameExtension(names)],
  })
  return `${leaf.toString('pem')}\n`
}
