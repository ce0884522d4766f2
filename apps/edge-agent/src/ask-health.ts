import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { type ServedService, type ServiceServer, formatServiceServer } from '@mooring/core'

export interface HealthQuestion extends Pick<ServedService, 'scheme' | 'tlsName'> {
  path: string
  server: ServiceServer & { address: string }
  timeoutMs: number
}

/** Asks a server how it is: null when it is well (2xx or 3xx), else what was found. The answer's body is not read. */
export function askHealth(question: HealthQuestion, signal: AbortSignal): Promise<string | null> {
  const { scheme, tlsName, path, server, timeoutMs } = question
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const timeout = AbortSignal.timeout(timeoutMs)
  const options = {
    host: server.address,
    port: server.port,
    path,
    headers: { host: authorityOf(question), 'user-agent': 'mooring-edge' },
    // A connection of its own: one that was kept says nothing about whether the server takes visitors.
    agent: false as const,
    signal: AbortSignal.any([signal, timeout]),
  }
  const servername = tlsName !== null && isIP(tlsName) === 0 ? { servername: tlsName } : {}
  const asked = scheme === 'http' ? requestHttp(options) : requestHttps({ ...options, ...servername })
  asked.on('response', (response) => {
    const { statusCode = 0 } = response
    response.on('error', () => {}) // It is cut off below.
    response.destroy()
    resolve(statusCode >= 200 && statusCode < 400 ? null : `It answers ${statusCode}.`)
  })
  asked.on('error', (error: NodeJS.ErrnoException) =>
    resolve(timeout.aborted ? `It does not answer within ${timeoutMs} ms.` : (error.code ?? error.message)),
  )
  asked.end()
  return promise
}

// RFC 9110 §7.2: the port belongs to it unless it is the scheme's own.
function authorityOf({ scheme, tlsName, server }: HealthQuestion): string {
  const authority = formatServiceServer({ host: tlsName ?? server.host, port: server.port })
  return authority.replace(scheme === 'https' ? /:443$/ : /:80$/, '')
}
