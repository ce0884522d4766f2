import { AppError } from '../errors.ts'
import type { DnsProvider, DnsZoneStore, KeyCustody, ManagedZones } from '../ports.ts'
import { type DnsAccount, type StoredDnsZone, dnsAccountSchema } from './dns-zone.ts'

export interface ManagedZonesDeps {
  store: DnsZoneStore
  custody: KeyCustody
  createProvider: (account: DnsAccount) => DnsProvider
}

/**
 * The managed zones with their providers. A provider is opened once and kept while the zone's account stays the same, so
 * that what it remembers (connections, the host's own ids) serves the next domain.
 */
export function openManagedZones({ store, custody, createProvider }: ManagedZonesDeps): ManagedZones {
  const opened = new Map<string, { account: string; provider: DnsProvider }>()

  function providerOf(zone: StoredDnsZone): DnsProvider {
    const account = JSON.stringify([zone.account, zone.sealedCredentials])
    const known = opened.get(zone.id)
    if (known?.account === account) return known.provider
    const provider = createProvider(unseal(zone, custody))
    opened.set(zone.id, { account, provider })
    return provider
  }

  return {
    async holding(hostname, tenant) {
      const zone = await store.holding(hostname, tenant)
      return zone === null ? null : { id: zone.id, name: zone.name, provider: providerOf(zone) }
    },
  }
}

/** Throws `AppError` `INTERNAL` when the credentials do not open, or are not what the provider needs. */
function unseal({ id, account, sealedCredentials }: StoredDnsZone, custody: KeyCustody): DnsAccount {
  const credentials = custody.open(sealedCredentials, { ownerId: id, secretId: 'dns-credentials' })
  const parsed = dnsAccountSchema.safeParse({ ...account, credentials: jsonOf(credentials) })
  if (parsed.success) return parsed.data
  throw new AppError('INTERNAL', 'The stored account of a managed zone is not one this release understands.', {
    facts: { zoneId: id, provider: account.provider, fields: parsed.error.issues.map(({ path }) => path.join('.')) },
  })
}

// The parser's own error would quote the text, which is secret.
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
