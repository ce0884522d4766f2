import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { TLSSocket } from 'node:tls'

export interface Visit {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
  /** Serial of the certificate that was served, over HTTPS. */
  serial: string | null
}

/** Visits a hostname at one edge, as a browser would that was sent there by DNS. Nothing is kept alive or cached. */
export function visit(options: {
  address: string
  port: number
  hostname: string
  path?: string
  /** Given: HTTPS, verified against this root. */
  rootPem?: string
  headers?: Record<string, string>
}): Promise<Visit> {
  const { address, port, hostname, rootPem, path = '/' } = options
  const common = {
    host: address,
    port,
    path,
    agent: false as const,
    timeout: 5000,
    headers: { host: hostname, ...options.headers },
  }
  return new Promise((resolve, reject) => {
    const request =
      rootPem === undefined ? httpRequest(common) : httpsRequest({ ...common, servername: hostname, ca: rootPem })
    request.once('error', reject)
    request.once('timeout', () => request.destroy(new Error(`${hostname} at ${address}:${port} did not answer in 5 s`)))
    request.once('response', (response) => {
      const serial = rootPem === undefined ? null : (response.socket as TLSSocket).getPeerCertificate().serialNumber
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
          serial,
        }),
      )
    })
    request.end()
  })
}
