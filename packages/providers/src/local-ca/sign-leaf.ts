import { createPrivateKey } from 'node:crypto'
import { DAY } from '@mooring/core'
import { BACKDATE_MS, type LocalCa, newSerialNumber } from './local-ca.ts'
import { P256, x509 } from './x509-library.ts'

const LEAF_LIFETIME_MS = 90 * DAY

export interface LeafRequest {
  /** SubjectPublicKeyInfo, DER. */
  publicKeyDer: Uint8Array<ArrayBuffer> | ArrayBuffer
  names: { type: 'dns' | 'ip'; value: string }[]
  now: Date
}

/** Signs a server certificate of 90 days for exactly these names; PEM. */
export async function signLeaf(ca: LocalCa, { publicKeyDer, names, now }: LeafRequest): Promise<string> {
  const issuer = new x509.X509Certificate(ca.caCertPem)
  const publicKey = new x509.PublicKey(publicKeyDer)
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    issuer: issuer.subjectName,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + LEAF_LIFETIME_MS),
    signingAlgorithm: P256,
    publicKey,
    signingKey: createPrivateKey(ca.caKeyPem).toCryptoKey(P256, false, ['sign']),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      // Critical because the subject is empty (RFC 5280 §4.2.1.6).
      new x509.SubjectAlternativeNameExtension(names, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  })
  return `${leaf.toString('pem')}\n`
}
