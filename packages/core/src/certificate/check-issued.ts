import { X509Certificate, createPublicKey } from 'node:crypto'
import { MINUTE } from '../clock.ts'
import type { Hostname } from '../domain/hostname.ts'
import { CaProblem } from './ca-problem.ts'
import type { IssuedCertificate } from './certificate.ts'
import { renewAtOf } from './renewal.ts'

export const MAX_CHAIN_BYTES = 64 * 1024
export const MAX_CERTIFICATES = 10
/** Our clock and the CA's may differ by this much. */
export const CLOCK_SKEW_MS = 5 * MINUTE
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/** What the certificate was asked for. */
export interface Need {
  hostname: Hostname
  /** The leaf's private key, or its public half; PEM. */
  keyPem: string
  now: Date
}

/**
 * What may be stored and served of a CA's answer: key, name, dates and the chain's order are right. Returns a problem
 * of type `wrongCertificate` otherwise. The chain comes back re-encoded, so nothing between its blocks survives.
 */
export function checkIssued(chainPem: string, need: Need): IssuedCertificate | CaProblem {
  const chain = readChain(chainPem)
  const leaf = chain?.[0]
  if (chain === null || leaf === undefined) {
    return wrong(`The answer is not a chain of 1 to ${MAX_CERTIFICATES} PEM certificates.`)
  }
  const notBefore = new Date(leaf.validFrom)
  const notAfter = new Date(leaf.validTo)
  const complaint = aboutLeaf(leaf, need) ?? aboutDates({ notBefore, notAfter }, need.now) ?? aboutLinks(chain)
  if (complaint !== null) return wrong(complaint)

  return {
    chainPem: chain.map((certificate) => certificate.toString()).join(''),
    serial: leaf.serialNumber.toUpperCase(),
    notBefore,
    notAfter,
    renewAt: renewAtOf(notBefore, notAfter),
  }
}

const wrong = (detail: string): CaProblem => new CaProblem('wrongCertificate', detail)

/** The certificates of a chain as it stands; null for what is too much, or none of X.509. */
export function readChain(chainPem: string): X509Certificate[] | null {
  if (chainPem.length > MAX_CHAIN_BYTES) return null
  const blocks = chainPem.match(PEM_CERTIFICATE) ?? []
  if (blocks.length > MAX_CERTIFICATES) return null
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch {
    return null // Not X.509: the caller says so in words that fit any malformed answer.
  }
}

function aboutLeaf(leaf: X509Certificate, { hostname, keyPem }: Need): string | null {
  if (!leaf.publicKey.equals(createPublicKey(keyPem))) return 'The certificate is for another key.'
  if (leaf.ca) return 'The first certificate is a CA’s, not the name’s.'
  const names = leaf.subjectAltName ?? ''
  if (names.toLowerCase() !== `dns:${hostname}`) {
    return `The certificate is for "${names.slice(0, 300)}", not for exactly ${hostname}.`
  }
  return null
}

function aboutDates({ notBefore, notAfter }: { notBefore: Date; notAfter: Date }, now: Date): string | null {
  if (notBefore.getTime() > now.getTime() + CLOCK_SKEW_MS) {
    return `The certificate is not valid before ${notBefore.toISOString()}.`
  }
  if (notAfter <= now) return `The certificate ended at ${notAfter.toISOString()}.`
  return null
}

/** Each certificate must be issued and signed by the next, as TLS servers send them (RFC 5246 §7.4.2, RFC 8555 §9.1). */
export function aboutLinks(chain: X509Certificate[]): string | null {
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1]
    if (issuer === undefined) return null
    if (!issuer.ca || !certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) {
      return `Certificate ${index + 2} of the chain did not issue certificate ${index + 1}.`
    }
  }
  return null
}
