import { X509Certificate } from 'node:crypto'
import { CaProblem } from '@mooring/core'
import type { AcmeClient } from './client.ts'
import { base64url } from './jws.ts'

/**
 * Revokes the first certificate of the chain, as the account that ordered it (RFC 8555 §7.6). One that has expired is
 * not asked about: nobody trusts it any more, and CAs refuse to revoke it.
 */
export async function revokeCertificate(
  client: AcmeClient,
  { chainPem, signal }: { chainPem: string; signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted()
  const leaf = new X509Certificate(chainPem)
  if (new Date(leaf.validTo) <= client.clock.now()) return
  const { revokeCert } = await client.directory(signal)
  if (revokeCert === undefined) {
    throw new CaProblem('unexpectedAnswer', 'The CA’s directory names no address to revoke certificates at.')
  }
  try {
    await client.post(revokeCert, { certificate: base64url(leaf.raw) }, signal)
  } catch (error) {
    if (!(error instanceof CaProblem)) throw error
    if (error.type === 'alreadyRevoked') return
    // The word is about the customer's name elsewhere; here it is the account that did not order the certificate.
    if (error.type !== 'unauthorized') throw error
    throw new CaProblem('unauthorizedAccount', error.message, { status: error.status, cause: error })
  }
}
