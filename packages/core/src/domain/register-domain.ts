import { randomBytes } from 'node:crypto'
import { after, type Clock } from '../clock.ts'
import { newDomainId } from '../ids.ts'
import type { NewDomain } from '../ports.ts'
import type { Registration } from './registration.ts'

// RFC 4086 asks for 128 bits of what must not be guessed; a few more cost nothing in a TXT record.
const TOKEN_BYTES = 24

/** Turns a registration that kept every rule into a domain to be created, with an ownership token of its own. */
export function registerDomain(
  registration: Registration,
  { clock, tokenLifetimeMs }: { clock: Clock; tokenLifetimeMs: number },
): NewDomain {
  return {
    id: newDomainId(),
    hostname: registration.hostname,
    tenant: registration.tenant,
    target: registration.target,
    verification: {
      method: registration.verification.method,
      token: randomBytes(TOKEN_BYTES).toString('base64url'),
      expiresAt: after(clock.now(), tokenLifetimeMs),
    },
    tls: registration.tls,
    edgePool: registration.edge_pool,
    metadata: registration.metadata,
    lane: registration.priority,
  }
}
