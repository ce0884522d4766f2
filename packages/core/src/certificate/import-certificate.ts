import type { X509Certificate } from 'node:crypto'
import type { Hostname } from '../domain/hostname.ts'
import { nameUnder } from '../edge/name-under.ts'
import type { FieldError } from '../errors.ts'
import type { IssuedCertificate } from './certificate.ts'
import { CLOCK_SKEW_MS, MAX_CERTIFICATES, aboutLinks, readChain } from './check-issued.ts'
import { readPrivateKey } from './read-private-key.ts'
import { type Validity, momentAtShare } from './renewal.ts'

/** What a customer sends. */
export interface OwnCertificate {
  /** Leaf first, each followed by its issuer; PEM. */
  chainPem: string
  /** PKCS #8, PKCS #1 or SEC 1; PEM, not encrypted. */
  keyPem: string
}

/** What may be stored and served, or every complaint about it. `keyPem` is PKCS #8 whatever was sent. */
export type Imported = { ok: true; issued: IssuedCertificate; keyPem: string } | { ok: false; errors: FieldError[] }

interface Need {
  hostname: Hostname
  now: Date
}

/**
 * A customer's own certificate. It may be for more names than the hostname, by a wildcard too, and from any authority,
 * whoever trusts that; but key, name, dates and the chain's order are right. No complaint repeats anything of the key.
 */
export function importCertificate({ chainPem, keyPem }: OwnCertificate, need: Need): Imported {
  const chain = readChain(chainPem) ?? []
  const [leaf] = chain
  const key = readPrivateKey(keyPem)
  const errors = [
    ...(leaf === undefined ? [UNREADABLE] : aboutChain({ leaf, chain, ...validityOf(leaf), ...need })),
    ...(key.ok ? [] : [ofKey(key.code, key.message)]),
    ...(leaf !== undefined && key.ok && !leaf.checkPrivateKey(key.value) ? [MISMATCH] : []),
  ]
  if (errors.length > 0 || leaf === undefined || !key.ok) return { ok: false, errors }

  const validity = validityOf(leaf)
  const issued: IssuedCertificate = {
    chainPem: chain.map((certificate) => certificate.toString()).join(''),
    serial: leaf.serialNumber.toUpperCase(),
    ...validity,
    renewAt: remindAt(validity, need.now),
  }
  return { ok: true, issued, keyPem: key.value.export({ type: 'pkcs8', format: 'pem' }) as string }
}

const ofChain = (code: string, message: string): FieldError => ({ path: 'chain_pem', code, message })
const ofKey = (code: string, message: string): FieldError => ({ path: 'key_pem', code, message })

const UNREADABLE = ofChain(
  'CERT_UNREADABLE',
  `Expected 1 to ${MAX_CERTIFICATES} PEM certificates of at most 64 kB, the name's own first.`,
)
const MISMATCH = ofKey('CERT_KEY_MISMATCH', 'The key is not that of the first certificate in chain_pem.')

/** RFC 9525 §6.3: the subject's common name counts for nothing, and an asterisk is a whole label. */
const AS_BROWSERS_DO = { subject: 'never', partialWildcards: false } as const
/** RFC 5280 §4.2.1.12; a certificate that does not say what it is for is for everything. */
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1'
/** What web servers and browsers refuse by now. */
const WEAK_SIGNATURE = /md5|sha1/i

interface Subject extends Need, Validity {
  leaf: X509Certificate
  chain: X509Certificate[]
}

/** Each with the code of its complaint, and the complaint; null when nothing is wrong. All of them are asked. */
const CHECKS: Record<string, (subject: Subject) => string | null> = {
  CERT_IS_CA: ({ leaf }) => (leaf.ca ? 'The first certificate is an authority’s, not a name’s.' : null),

  CERT_NAME_MISMATCH({ leaf, hostname }) {
    // For a wildcard, a name below it that no certificate lists: only the very same wildcard is for that one too.
    if (leaf.checkHost(nameUnder(hostname), AS_BROWSERS_DO) !== undefined) return null
    return `The certificate is for ${(leaf.subjectAltName ?? 'no name').slice(0, 300)}, and not for ${hostname}.`
  },

  CERT_EXPIRED: ({ notAfter, now }) => (notAfter <= now ? `The certificate ended at ${notAfter.toISOString()}.` : null),

  CERT_NOT_YET_VALID({ notBefore, now }) {
    const isToCome = notBefore.getTime() > now.getTime() + CLOCK_SKEW_MS
    return isToCome ? `The certificate is not valid before ${notBefore.toISOString()}.` : null
  },

  CERT_NOT_FOR_SERVERS({ leaf }) {
    const uses = leaf.keyUsage ?? [SERVER_AUTHENTICATION]
    return uses.includes(SERVER_AUTHENTICATION) ? null : 'The certificate is for another use than a server’s.'
  },

  CERT_SIGNATURE_WEAK({ chain }) {
    // Nobody looks at the signature of a root, which it made itself.
    const signed = chain.filter((certificate) => !certificate.checkIssued(certificate))
    const weak = signed.find(({ signatureAlgorithm = '' }) => WEAK_SIGNATURE.test(signatureAlgorithm))
    return weak === undefined ? null : `A certificate of the chain is signed with ${weak.signatureAlgorithm}.`
  },

  CERT_CHAIN_ORDER({ chain }) {
    const broken = aboutLinks(chain)
    const rule = 'Expected the name’s own certificate first, each followed by the one that issued it.'
    return broken === null ? null : `${broken} ${rule}`
  },
}

const aboutChain = (subject: Subject): FieldError[] =>
  Object.entries(CHECKS).flatMap(([code, complaintAbout]) => {
    const complaint = complaintAbout(subject)
    return complaint === null ? [] : [ofChain(code, complaint)]
  })

const validityOf = ({ validFromDate: notBefore, validToDate: notAfter }: X509Certificate): Validity => ({
  notBefore,
  notAfter,
})

/** Nobody here can renew it, so that its customer is told in time: with a third of its lifetime left, and then again. */
function remindAt(validity: Validity, now: Date): Date {
  const moments = [1 / 3, 1 / 4, 1 / 10, 1 / 20].map((share) => momentAtShare(validity, share))
  return moments.find((moment) => moment > now) ?? validity.notAfter
}
