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
  try {
    await client.postTo('revokeCert', { certificate: base64url(leaf.raw) }, signal)
  } catch (error) {
    if (!(error instanceof CaProblem) || error.type !== 'alreadyRevoked') throw error
  }
}
