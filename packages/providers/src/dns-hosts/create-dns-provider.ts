import type { DnsAccount, DnsProvider } from '@mooring/core'
import { createCloudflareHost } from './cloudflare.ts'
import { createDigitalOceanHost } from './digitalocean.ts'
import { createPowerDnsHost } from './powerdns.ts'
import { createRfc2136Host } from './rfc2136.ts'
import { createRoute53Host } from './route53.ts'

/** The API of the DNS host that holds the account. Asks nothing yet. */
export function createDnsProvider(account: DnsAccount): DnsProvider {
  switch (account.provider) {
    case 'powerdns':
      return createPowerDnsHost(account)
    case 'rfc2136':
      return createRfc2136Host(account)
    case 'cloudflare':
      return createCloudflareHost(account.credentials)
    case 'route53':
      return createRoute53Host(account.credentials)
    case 'digitalocean':
      return createDigitalOceanHost(account.credentials)
  }
}
