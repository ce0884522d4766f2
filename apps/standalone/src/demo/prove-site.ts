import { request } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { setTimeout as pause } from 'node:timers/promises'

export interface ServedSite {
  status: number
  /** Of the certificate, upper-case hexadecimal. */
  serial: string
}

interface Address {
  hostname: string
  port: number
  caPem: string
}

/** Visits the site as a browser would, over TLS verified against the CA; repeats for a while, as an edge may be starting. */
export async function proveSite(
  address: Address,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
): Promise<ServedSite> {
  const deadline = Date.now() + waitMs
  for (;;) {
    try {
      const site = await visit(address)
      if (site.status === 200 || Date.now() > deadline) return site
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
    await pause(100, null, { signal })
  }
}

function visit({ hostname, port, caPem }: Address): Promise<ServedSite> {
  const { promise, resolve, reject } = Promise.withResolvers<ServedSite>()
  const visiting = request(
    {
      host: '127.0.0.1',
      port,
      servername: hostname,
      headers: { host: hostname },
      ca: caPem,
      agent: false,
      timeout: 5000,
    },
    (response) => {
      const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate()
      response.resume()
      response.once('end', () => resolve({ status: response.statusCode ?? 0, serial: serialNumber }))
    },
  )
  visiting.once('timeout', () => visiting.destroy(new Error(`${hostname} did not answer within 5 s`)))
  visiting.once('error', reject)
  visiting.end()
  return promise
}
