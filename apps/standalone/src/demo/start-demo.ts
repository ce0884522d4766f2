import type { Stoppable } from '@mooring/runtime'
import { type ApiClient, createApiClient } from './api-client.ts'
import { type DemoSite, startDemoSite } from './demo-site.ts'
import type { DemoZone } from './demo-zone.ts'
import { findDemo, launchDemo } from './launch-demo.ts'
import { curlLine } from './progress-lines.ts'
import { proveSite } from './prove-site.ts'

/** The customer's zone and hostname of the demo. */
export const CUSTOMER_ZONE = 'customer.example'
const HOSTNAME = `shop.${CUSTOMER_ZONE}`
const PROVE_MS = 30_000

export interface DemoOptions {
  apiUrl: string
  apiKey: string
  zone: DemoZone
  httpsPort: number
  ca: { certFile: string; caCertPem: string }
  say(line: string): void
}

/**
 * Starts the demo's application, then launches its domain and tells how that goes, in its own time: this resolves
 * before. The last line told is the one to copy.
 */
export async function startDemo(options: DemoOptions): Promise<Stoppable> {
  const api = createApiClient({ url: options.apiUrl, key: options.apiKey })
  const known = await findDemo(api, HOSTNAME)
  const site = await startDemoSite(Number(URL.parse(known?.target.url ?? '')?.port ?? 0))
  const stopping = new AbortController()
  const told = tell({ ...options, api, site, signal: stopping.signal }).catch((error: unknown) => {
    if (!stopping.signal.aborted) options.say(`The demo did not get there: ${String(error)}`)
  })
  return {
    async stop() {
      stopping.abort()
      await told
      await site.stop()
    },
  }
}

async function tell(demo: DemoOptions & { api: ApiClient; site: DemoSite; signal: AbortSignal }): Promise<void> {
  const { api, zone, site, say, signal, httpsPort, ca } = demo
  const started = performance.now()
  const problem = await launchDemo({ api, zone, hostname: HOSTNAME, siteUrl: site.url, say, signal })
  if (problem !== null) return say(`${HOSTNAME} is not served yet: ${problem}`)

  const { status, serial } = await proveSite(
    { hostname: HOSTNAME, port: httpsPort, caPem: ca.caCertPem },
    { waitMs: PROVE_MS, signal },
  )
  if (status !== 200) return say(`${HOSTNAME} is active, but its site answers ${status}.`)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  say(
    `${HOSTNAME} is active and answers over HTTPS, certificate ${serial.toLowerCase()} (${seconds} s). Visit it from another shell:`,
  )
  say('')
  say(curlLine({ hostname: HOSTNAME, port: httpsPort, caFile: ca.certFile }, process.env))
  say('')
  say('Ctrl-C stops everything; npm start goes on from here.')
}
