import { type Domain, type Hostname, newDomainId } from '@mooring/core'

/** A domain in its first state, with what a test cares about laid over it. */
export function aDomain(overrides: Partial<Domain> = {}): Domain {
  const createdAt = new Date('2026-01-01T00:00:00Z')
  return {
    id: newDomainId(),
    hostname: 'shop.example.com' as Hostname,
    tenant: 'default',
    state: 'pending',
    step: 'accept',
    reason: null,
    attempt: 1,
    looks: 0,
    gen: 1,
    lane: 'interactive',
    nextRunAt: createdAt,
    target: { type: 'none' },
    verification: { method: 'txt', token: 'AAAAAAAAAAAAAAAAAAAAAA', expiresAt: new Date('2026-01-08T00:00:00Z') },
    tls: { mode: 'auto' },
    edgePool: 'default',
    dns: {},
    certificateId: null,
    routeGeneration: null,
    metadata: {},
    immediate: false,
    deleteAfter: null,
    ownershipVerifiedAt: null,
    routingVerifiedAt: null,
    activatedAt: null,
    createdAt,
    updatedAt: createdAt,
    ...overrides,
  }
}
