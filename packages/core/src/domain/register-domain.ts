import { randomBytes } from 'node:crypto'
import { after, type Clock } from '../clock.ts'
import { newDomainId } from '../ids.ts'
import type { NewDomain } from '../ports.ts'
import type { Registration } from './registration.ts'

// RFC 4086 asks for 128 bits of what must not be guessed; a few more cost nothing in a record.
const TOKEN_BYTES = 20

/** In characters; a DNS label has room for 63 (RFC 1035 §2.3.4). */
export const TOKEN_LENGTH = 2 * TOKEN_BYTES

/** An ownership token: 40 lower-case hexadecimal digits, which may be a DNS label and survive a change of case. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('hex')

/** Turns a registration that kept every rule into a domain to be created, with an ownership token of its own. */
export function registerDomain(
  registration: Registration,
  { clock, tokenLifetimeMs }: { clock: Clock; tokenLifetimeMs: number },
): NewDomain {
  const now = clock.now()
  return {
    id: newDomainId(),
    hostname: registration.hostname,
    tenant: registration.tenant,
    target: registration.target,
    verification: {
      ...registration.verification,
      token: newToken(),
      issuedAt: now,
      expiresAt: after(now, tokenLifetimeMs),
      previous: null,
    },
    tls: registration.tls,
    edgePool: registration.edge_pool,
    metadata: registration.metadata,
    lane: registration.priority,
  }
}
