import { after, type Clock } from '../clock.ts'
import { newDomainId } from '../ids.ts'
import type { NewDomain } from '../ports.ts'
import { newToken } from './ownership-token.ts'
import type { Registration } from './registration.ts'

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
