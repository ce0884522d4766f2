import { type Domain, type Hostname, type State, newDomainId } from '@mooring/core'

/** Where a domain has proved its name and holds it, unless a test says otherwise. */
const HOLDING: readonly State[] = ['verified', 'provisioning_cert', 'active', 'suspended', 'deprovisioning']

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
    verification: {
      method: 'txt',
      routing: true,
      token: 'a'.repeat(40),
      issuedAt: createdAt,
      expiresAt: new Date('2026-01-08T00:00:00Z'),
      previous: null,
    },
    tls: { mode: 'auto' },
    edgePool: 'default',
    dns: {},
    certificateId: null,
    reverifyAt: null,
    renewAt: null,
    renewalAttempt: 0,
    renewalReason: null,
    holds: HOLDING.includes(overrides.state ?? 'pending'),
    takesOverFrom: null,
    suspension: null,
    ownershipMissedAt: null,
    routeGeneration: null,
    metadata: {},
    immediate: false,
    revoke: false,
    deleteAfter: null,
    ownershipVerifiedAt: null,
    routingVerifiedAt: null,
    activatedAt: null,
    createdAt,
    updatedAt: createdAt,
    ...overrides,
  }
}
