// The library resolves its parts through decorators and fails on import without this polyfill before it.
import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { byText } from './identifiers.ts'

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
const BACKDATE_MS = 60_000

type CryptoKey = webcrypto.CryptoKey

interface Signer {
  certificate: x509.X509Certificate
  key: CryptoKey
}

/** Two roots that both certified one intermediate: every leaf has a default and an alternate chain. */
interface Hierarchy {
  intermediate: Signer
  roots: [string, string]
  intermediates: [string, string]
}

export interface LeafToSign {
  names: string[]
  publicKey: x509.PublicKey
  notBefore: Date
  notAfter: Date
}

export interface SignedLeaf {
  pem: string
  /** Upper-case hexadecimal, without leading zeros, as Node writes it. */
  serial: string
  /** RFC 9773 §4.1. */
  id: string
  notBefore: Date
  notAfter: Date
}

let made: Promise<Hierarchy> | null = null
/** One for the whole process: keys cost more than everything else here. */
export const hierarchy = (): Promise<Hierarchy> => (made ??= makeHierarchy())

async function makeHierarchy(): Promise<Hierarchy> {
  const roots = await Promise.all(['Scripted Root A', 'Scripted Root B'].map(makeRoot))
  const keys = await newKeys()
  const crossSigned = await Promise.all(
    roots.map((root) => certify({ name: 'Scripted Intermediate', publicKey: keys.publicKey, by: root, pathLength: 0 })),
  )
  return {
    intermediate: { certificate: crossSigned[0] as x509.X509Certificate, key: keys.privateKey },
    roots: roots.map(({ certificate }) => pemOf(certificate)) as [string, string],
    intermediates: crossSigned.map(pemOf) as [string, string],
  }
}

async function makeRoot(name: string): Promise<Signer> {
  const keys = await newKeys()
  const certificate = await certify({ name, publicKey: keys.publicKey, by: { key: keys.privateKey }, pathLength: 1 })
  return { certificate, key: keys.privateKey }
}

async function certify(to: {
  name: string
  publicKey: CryptoKey
  by: { certificate?: x509.X509Certificate; key: CryptoKey }
  pathLength: number
}): Promise<x509.X509Certificate> {
  const { name, publicKey, by, pathLength } = to
  return x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: `CN=${name}`,
    issuer: by.certificate?.subjectName ?? `CN=${name}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 3650 * DAY_MS),
    publicKey,
    signingKey: by.key,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, pathLength, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  })
}

export async function signLeafOf({ names, publicKey, notBefore, notAfter }: LeafToSign): Promise<SignedLeaf> {
  const { intermediate } = await hierarchy()
  const serialNumber = newSerial()
  const authority = await x509.AuthorityKeyIdentifierExtension.create(intermediate.certificate.publicKey)
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber,
    issuer: intermediate.certificate.subjectName,
    notBefore,
    notAfter,
    publicKey,
    signingKey: intermediate.key,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      // Critical because the subject is empty (RFC 5280 §4.2.1.6).
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: 'dns' as const, value })),
        true,
      ),
      authority,
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  })
  const keyId = Buffer.from(authority.keyId ?? '', 'hex').toString('base64url')
  return {
    pem: pemOf(leaf),
    serial: serialNumber.replace(/^00/, '').toUpperCase(),
    id: `${keyId}.${Buffer.from(serialNumber, 'hex').toString('base64url')}`,
    notBefore,
    notAfter,
  }
}

/** A key that nobody asked a certificate for. */
export const strangersKey = async (): Promise<x509.PublicKey> => new x509.PublicKey(await rawOf(await newKeys()))

const rawOf = ({ publicKey }: { publicKey: CryptoKey }) => webcrypto.subtle.exportKey('spki', publicKey)

const newKeys = () => webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])

const pemOf = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`

/** Positive, as DER has it: half of them begin with the zero octet that keeps a high first bit from being a sign. */
function newSerial(): string {
  const bytes = randomBytes(16)
  const first = bytes.readUInt8(0) | 1
  bytes.writeUInt8(first, 0)
  return `${first >= 0x80 ? '00' : ''}${bytes.toString('hex')}`
}

/** A request whose signature holds, with its names in lower case and sorted; null when it is none. */
export async function readCsr(csrDer: Buffer): Promise<{ names: string[]; publicKey: x509.PublicKey } | null> {
  const csr = parsedCsr(csrDer)
  if (csr === null || !(await csr.verify())) return null
  const alternatives =
    csr.extensions.find((extension) => extension instanceof x509.SubjectAlternativeNameExtension)?.names.items ?? []
  const common = csr.subjectName.getField('CN')
  const names = [...common, ...alternatives.map(({ value }) => value)].map((name) => name.toLowerCase())
  return { names: [...new Set(names)].toSorted(byText), publicKey: csr.publicKey }
}

function parsedCsr(csrDer: Buffer): x509.Pkcs10CertificateRequest | null {
  try {
    return new x509.Pkcs10CertificateRequest(csrDer)
  } catch {
    return null // The library's complaint is about its own parsing; the caller says what is wrong.
  }
}

export const longAgo = (): Date => new Date(Date.now() - 100 * DAY_MS)
export const backdated = (now: Date): Date => new Date(now.getTime() - BACKDATE_MS)
