import { randomUUID } from 'node:crypto'
import { CaProblem, type Clock, type Issuer, systemClock } from '@mooring/core'
import type { LocalCa } from './local-ca.ts'
import { signLeaf } from './sign-leaf.ts'
import { x509 } from './x509-library.ts'

/**
 * Issues from a CA of one's own. There is nothing to prove and nothing to wait for: the order is a name only, and the
 * name certified is the one in the request, whose signature shows that the requester holds the key. Wildcards are names
 * like any other. It publishes no list of revoked certificates and answers no OCSP, so that revoking one tells nobody:
 * `revoke` only ends well, and whoever trusts the CA goes on trusting the certificate until it expires.
 */
export function createLocalCaIssuer({ clock = systemClock, ...ca }: LocalCa & { clock?: Clock }): Issuer {
  return {
    name: 'local',
    challenges: [],
    async register(signal) {
      signal.throwIfAborted()
    },
    async caaIdentities(signal) {
      signal.throwIfAborted()
      return []
    },
    async placeOrder(_need, signal) {
      signal.throwIfAborted()
      return { orderUrl: `local:${randomUUID()}`, challenges: [], replaces: false }
    },
    async validate(_order, signal) {
      signal.throwIfAborted()
      return { status: 'ready' }
    },
    async finalize(_order, csrDer, signal) {
      signal.throwIfAborted()
      const { hostname, publicKeyDer } = await readCsr(csrDer)
      const names = [{ type: 'dns' as const, value: hostname }]
      return { status: 'issued', chainPem: await signLeaf(ca, { publicKeyDer, names, now: clock.now() }) }
    },
    async revoke(_chainPem, signal) {
      signal.throwIfAborted()
    },
    async renewalInfo(_chainPem, signal) {
      signal.throwIfAborted()
      return null
    },
  }
}

async function readCsr(csrDer: Buffer): Promise<{ hostname: string; publicKeyDer: ArrayBuffer }> {
  const csr = parseCsr(csrDer)
  if (csr === null || !(await csr.verify()))
    throw new CaProblem('badCSR', 'The request is not one, or not signed by its key.')
  const names =
    csr.extensions.find((extension) => extension instanceof x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? []
  const [name] = names
  if (names.length !== 1 || name?.type !== 'dns') {
    throw new CaProblem('badCSR', 'The request must have exactly one name, and that a DNS name.')
  }
  return { hostname: name.value, publicKeyDer: csr.publicKey.rawData }
}

function parseCsr(csrDer: Buffer): x509.Pkcs10CertificateRequest | null {
  try {
    return new x509.Pkcs10CertificateRequest(csrDer)
  } catch {
    return null // The library's complaint is about its own parsing; the caller says what is wrong.
  }
}
