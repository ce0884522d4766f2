// The library resolves its parts through decorators and fails on import without this polyfill before it.
import 'reflect-metadata'
import { X509Certificate, randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { type RouteCertificate, newCertificateId } from '@mooring/core'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000

/** A self-signed certificate for `hostname`, with its key, as a control plane would send it. */
export async function anEdgeCertificate(hostname: string): Promise<RouteCertificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `7${randomBytes(15).toString('hex').slice(1)}`,
    // A common name has 64 characters at most; names are compared with the alternative names.
    name: 'CN=edge',
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 30 * DAY_MS),
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: hostname }])],
  })
  const chainPem = `${certificate.toString('pem')}\n`
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    id: newCertificateId(),
    serial: new X509Certificate(chainPem).serialNumber,
    chainPem,
    keyPem: `-----BEGIN PRIVATE KEY-----\n${key.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`,
  }
}
