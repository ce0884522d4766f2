import { X509Certificate } from 'node:crypto'
import { CaProblem } from '@mooring/core'
import { chainOf, linksOf } from './answers.ts'
import type { AcmeClient } from './client.ts'
import { asLostOrder } from './order.ts'

/** Let's Encrypt had two at most; a CA that names more is not followed through all of them. */
const MAX_ALTERNATES = 4

interface Download {
  certificateUrl: string
  /** Common name of the issuer of the chain's last certificate. */
  preferredChain: string | undefined
  signal: AbortSignal
}

/** Downloads the chain that ends at the preferred root (RFC 8555 §7.4.2), the CA's default when none does. */
export async function downloadChain(
  client: AcmeClient,
  { certificateUrl, preferredChain, signal }: Download,
): Promise<string> {
  const answer = await client
    .post({ what: 'certificate', url: certificateUrl, payload: null, signal })
    .catch(asLostOrder)
  const chainPem = chainOf(answer)
  if (preferredChain === undefined || rootOf(chainPem) === preferredChain) return chainPem

  for (const url of linksOf(answer, { rel: 'alternate', base: certificateUrl }).slice(0, MAX_ALTERNATES)) {
    try {
      const alternate = chainOf(await client.post({ what: 'certificate', url, payload: null, signal }))
      if (rootOf(alternate) === preferredChain && leafOf(alternate) === leafOf(chainPem)) return alternate
    } catch (error) {
      // Which root it ends at is a preference: failing over it could cost the name its certificate.
      if (!(error instanceof CaProblem)) throw error
      client.log?.warn({ url, type: error.type, detail: error.message }, 'alternate chain could not be had')
    }
  }
  client.log?.warn({ preferredChain }, 'the CA has no chain to the preferred root: taking its default')
  return chainPem
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

function rootOf(chainPem: string): string | null {
  const last = certificateIn(chainPem.match(BLOCK)?.at(-1))
  return /^CN=(.*)$/m.exec(last?.issuer ?? '')?.[1] ?? null
}

const leafOf = (chainPem: string): string | undefined => certificateIn(chainPem.match(BLOCK)?.[0])?.fingerprint256

function certificateIn(block: string | undefined): X509Certificate | null {
  try {
    return block === undefined ? null : new X509Certificate(block)
  } catch {
    return null // Not X.509: it fits no preference, and what is stored is checked later, with words for it.
  }
}
