import { CaProblem, type Hostname } from '@mooring/core'
import { x509 } from '../local-ca/x509-library.ts'

/** A PKCS #10 request in PEM, as certbot reads it. Throws `badCSR` unless it asks for exactly this name. */
export function requestPemFor(hostname: Hostname, csrDer: Buffer): string {
  const request = parse(csrDer)
  const names = namesOf(request)
  const [name] = names
  if (request === null || names.length !== 1 || name?.type !== 'dns' || name.value.toLowerCase() !== hostname) {
    throw new CaProblem('badCSR', `The request is not one for exactly ${hostname}.`)
  }
  return request.toString('pem')
}

const namesOf = (request: x509.Pkcs10CertificateRequest | null) =>
  request?.extensions.find((extension) => extension instanceof x509.SubjectAlternativeNameExtension)?.names.toJSON() ??
  []

function parse(csrDer: Buffer): x509.Pkcs10CertificateRequest | null {
  try {
    return new x509.Pkcs10CertificateRequest(csrDer)
  } catch {
    return null // The library's complaint is about its own parsing; the caller says what is wrong.
  }
}
