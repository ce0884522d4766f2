import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { ResolvedUpstream } from '@mooring/core'

const FRESH_MS = 30_000

/**
 * Follows the control plane's addresses. nginx would look its name up while it reads the configuration, and refuse all
 * of it when DNS is down; so the name is resolved here, and its last known addresses stay.
 *
 * The operator named it, so the address rules for tenants' targets do not apply.
 */
export function followControlPlane(url: URL): () => Promise<ResolvedUpstream> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const scheme = url.protocol === 'https:' ? 'https' : 'http'
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port)
  let addresses = isIP(host) === 0 ? [] : [host]
  let askedAt = isIP(host) === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return async () => {
    if (performance.now() - askedAt > FRESH_MS) {
      const found = await lookup(host, { all: true }).catch(() => null) // DNS is down: the last known addresses stay.
      if (found !== null) {
        addresses = found.map(({ address }) => address).sort()
        askedAt = performance.now()
      }
    }
    return { scheme, host, port, addresses }
  }
}
