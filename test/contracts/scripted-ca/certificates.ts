import { X509Certificate } from 'node:crypto'
import type { PublicKey } from '@peculiar/x509'
import type { Account } from './accounts.ts'
import { malformed } from './jws.ts'
import { Refusal } from './problems.ts'
import type { Scripted } from './script.ts'
import { type SignedLeaf, backdated, hierarchy, longAgo, signLeafOf, strangersKey } from './sign.ts'

/** What a CA that errs may put in the place of the certificate that was asked for. */
export type Mistake = 'other_key' | 'other_name' | 'expired' | 'chain_out_of_order' | 'unrelated_issuer'

export interface IssuedCertificate extends SignedLeaf {
  names: string[]
  account: Account
  profile: string | null
  /** Leaf and intermediate. The alternate chain's intermediate is certified by the other root. */
  chainPem: string
  alternatePem: string
  isRevoked: boolean
  /** The order that replaced it (RFC 9773 §5). */
  replacedBy: string | null
}

interface Asked {
  names: string[]
  publicKey: PublicKey
  account: Account
  profile: string | null
  lifetimeMs: number
  now: Date
}

export interface Certificates {
  issue(asked: Asked): Promise<IssuedCertificate>
  byId(id: string): IssuedCertificate | undefined
  revoke(payload: Record<string, unknown>, mayRevoke: (certificate: IssuedCertificate) => boolean): Scripted
  /** The next certificate is wrong in this way. */
  errNext(mistake: Mistake): void
  all: IssuedCertificate[]
}

export function createCertificates(): Certificates {
  const all: IssuedCertificate[] = []
  const mistakes: Mistake[] = []
  return {
    all,
    errNext: (mistake) => void mistakes.push(mistake),
    byId: (id) => all.find((one) => one.id === id),

    async issue(asked) {
      const { names, account, profile } = asked
      const mistake = mistakes.shift()
      const leaf = await sign(asked, mistake)
      const certificate = {
        ...leaf,
        ...(await chainsOf(leaf.pem, mistake)),
        names,
        account,
        profile,
        isRevoked: false,
        replacedBy: null,
      }
      all.push(certificate)
      return certificate
    },

    revoke({ certificate: der, reason }, mayRevoke) {
      const serial = serialOf(String(der))
      const certificate = all.find((one) => one.serial === serial)
      if (certificate === undefined) throw malformed('No such certificate', 404)
      if (!mayRevoke(certificate)) {
        throw new Refusal('unauthorized', 'The account did not order the certificate', 403)
      }
      // RFC 5280 §5.3.1: 7 is not used.
      if (reason !== undefined && !(Number.isInteger(reason) && [0, 1, 3, 4, 5, 9].includes(reason as number))) {
        throw new Refusal('badRevocationReason', `disallowed revocation reason: ${JSON.stringify(reason)}`, 400)
      }
      if (certificate.isRevoked) throw new Refusal('alreadyRevoked', 'Certificate already revoked', 400)
      certificate.isRevoked = true
      return { body: '' }
    },
  }
}

async function sign({ names, publicKey, lifetimeMs, now }: Asked, mistake: Mistake | undefined): Promise<SignedLeaf> {
  const notBefore = mistake === 'expired' ? longAgo() : backdated(now)
  return signLeafOf({
    names: mistake === 'other_name' ? ['somebody.else.example'] : names,
    publicKey: mistake === 'other_key' ? await strangersKey() : publicKey,
    notBefore,
    notAfter: mistake === 'expired' ? backdated(now) : new Date(now.getTime() + lifetimeMs),
  })
}

async function chainsOf(leafPem: string, mistake: Mistake | undefined) {
  const { intermediates, roots } = await hierarchy()
  if (mistake === 'chain_out_of_order') return bothAre(leafPem + roots[0] + intermediates[0])
  if (mistake === 'unrelated_issuer') return bothAre(leafPem + roots[1])
  return { chainPem: leafPem + intermediates[0], alternatePem: leafPem + intermediates[1] }
}

const bothAre = (chain: string) => ({ chainPem: chain, alternatePem: chain })

function serialOf(der: string): string {
  try {
    return new X509Certificate(Buffer.from(der, 'base64url')).serialNumber
  } catch {
    throw malformed('The payload’s certificate is none.')
  }
}
