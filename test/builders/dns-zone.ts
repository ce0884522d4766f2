import { type StoredDnsZone, newDnsZoneId } from '@mooring/core'

/** A managed zone that every tenant may use. Its credentials are no real ones. */
export function aZone(overrides: Partial<StoredDnsZone> = {}): StoredDnsZone {
  return {
    id: newDnsZoneId(),
    name: 'platform.example.com',
    tenant: null,
    account: { provider: 'digitalocean' },
    createdAt: new Date('2026-01-01T00:00:00Z'),
    sealedCredentials: { version: 1, kek: '00', wrappedDataKey: 'dw==', nonce: 'bg==', ciphertext: 'Yw==' },
    ...overrides,
  }
}
