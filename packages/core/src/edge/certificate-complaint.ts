import { X509Certificate, createPrivateKey } from 'node:crypto'
import { nameUnder } from './name-under.ts'
import type { RouteCertificate } from './route.ts'

const CERTIFICATE_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** RFC 9525 §6.3: the subject's common name counts for nothing, and an asterisk is a whole label. */
const AS_BROWSERS_DO = { subject: 'never', partialWildcards: false } as const

/**
 * Why an edge cannot serve `hostname` with this certificate, or null when it can. Found before a web server sees the
 * files: one bad pair would otherwise cost a refused configuration.
 *
 * Validity is not judged: an expired certificate serves better than none.
 */
export function certificateComplaint(certificate: RouteCertificate, hostname: string): string | null {
  const blocks = certificate.chainPem.match(CERTIFICATE_BLOCK)
  if (blocks === null) return 'The certificate chain holds no certificate.'
  let leaf: X509Certificate | undefined
  try {
    ;[leaf] = blocks.map((block) => new X509Certificate(block))
  } catch {
    return 'The certificate chain holds something that is not a certificate.'
  }
  if (leaf === undefined) return 'The certificate chain holds no certificate.'
  if (withoutZeros(leaf.serialNumber) !== withoutZeros(certificate.serial)) {
    return `The certificate has the serial ${leaf.serialNumber}, not ${certificate.serial}.`
  }
  // For a wildcard, a name below it that no certificate lists: only the very same wildcard is for that one too.
  if (leaf.checkHost(nameUnder(hostname), AS_BROWSERS_DO) === undefined)
    return `The certificate is not for ${hostname}.`
  try {
    if (!leaf.checkPrivateKey(createPrivateKey(certificate.keyPem))) return 'The private key is not the certificate’s.'
  } catch {
    return 'The private key cannot be read.'
  }
  return null
}

const withoutZeros = (serial: string): string => serial.toUpperCase().replace(/^0+(?=.)/, '')
