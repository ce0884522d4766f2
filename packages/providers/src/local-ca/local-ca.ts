import { createPrivateKey, createPublicKey, randomBytes, randomUUID, webcrypto, KeyObject } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DAY } from '@mooring/core'
import { P256, x509 } from './x509-library.ts'

/** A certificate authority of one's own, for local use and demos. */
export interface LocalCa {
  caKeyPem: string
  caCertPem: string
}

const CA_LIFETIME_MS = 3650 * DAY
/** Certificates count as begun a little earlier, for clients whose clocks are behind. */
export const BACKDATE_MS = 5 * 60_000

/**
 * The CA kept in `dir` (`ca-key.pem` 0600, `ca.pem` 0644), made on first use.
 *
 * Two processes that start together get the same CA: each file is linked into place, which only one can do, and the
 * certificate follows from the key that is there.
 */
export async function createLocalCa(dir: string): Promise<LocalCa & { certFile: string }> {
  await mkdir(dir, { recursive: true })
  const certFile = join(dir, 'ca.pem')
  const caKeyPem = await readOrMake(join(dir, 'ca-key.pem'), 0o600, newKeyPem)
  const caCertPem = await readOrMake(certFile, 0o644, () => selfSign(caKeyPem))
  return { caKeyPem, caCertPem, certFile }
}

async function newKeyPem(): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])
  return KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }) as string
}

async function selfSign(keyPem: string): Promise<string> {
  const privateKey = createPrivateKey(keyPem).toCryptoKey(P256, false, ['sign'])
  const publicKey = createPublicKey(keyPem).toCryptoKey(P256, true, ['verify'])
  const now = Date.now()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    // Unlike names keep clients from taking one machine's CA for another's.
    name: `CN=Mooring local CA ${randomBytes(4).toString('hex')}`,
    notBefore: new Date(now - BACKDATE_MS),
    notAfter: new Date(now + CA_LIFETIME_MS),
    signingAlgorithm: P256,
    keys: { privateKey, publicKey },
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  })
  return `${certificate.toString('pem')}\n`
}

/** 126 random bits, positive and without a leading zero octet (RFC 5280 §4.1.2.2). */
export function newSerialNumber(): string {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return serial.toString('hex')
}

async function readOrMake(file: string, mode: number, make: () => Promise<string>): Promise<string> {
  const present = await readIfPresent(file)
  if (present !== null) return present

  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, await make(), { mode, flag: 'wx' })
  try {
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft)
  }
  return readFile(file, 'utf8')
}

async function readIfPresent(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
