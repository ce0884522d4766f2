import { once } from 'node:events'
import { type IncomingHttpHeaders, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { type TLSSocket, connect } from 'node:tls'
import type { Recorded } from '../services/recording-site.ts'

/** Where a server under test listens: always on 127.0.0.1. */
export interface Ports {
  httpPort: number
  httpsPort: number
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
  /** Of the certificate that was served, over HTTPS. */
  serial: string | null
}

interface Question {
  path?: string
  method?: string
  headers?: Record<string, string>
  body?: string
  /** Host header, where it differs from the name the connection is made for. */
  host?: string
}

/** Visits like a browser that does not mind who signed the certificate. Rejects when the handshake is refused. */
export function visitHttps({ httpsPort }: Ports, hostname: string, question: Question = {}): Promise<Answer> {
  return exchange(
    requestHttps({ ...options(httpsPort, hostname, question), servername: hostname, rejectUnauthorized: false }),
    question,
  )
}

export function visitHttp({ httpPort }: Ports, hostname: string, question: Question = {}): Promise<Answer> {
  return exchange(requestHttp(options(httpPort, hostname, question)), question)
}

/** What the site behind the edge was asked. */
export const recorded = ({ body }: Answer): Recorded => JSON.parse(body)

/** Sends `text` through a websocket and resolves to what comes back. */
export async function echoThroughUpgrade({ httpsPort }: Ports, hostname: string, text: string): Promise<string> {
  const request = requestHttps({
    ...options(httpsPort, hostname, { headers: { connection: 'Upgrade', upgrade: 'echo' } }),
    servername: hostname,
    rejectUnauthorized: false,
  })
  request.end()
  const [, socket] = await once(request, 'upgrade')
  socket.write(text)
  const [echo] = await once(socket, 'data')
  socket.destroy()
  return String(echo)
}

/** Whether a TLS handshake without any name is refused. */
export function refusesNameless({ httpsPort }: Ports): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({ host: '127.0.0.1', port: httpsPort, rejectUnauthorized: false })
    const settle = (refused: boolean) => {
      socket.destroy()
      resolve(refused)
    }
    socket.once('secureConnect', () => settle(false))
    socket.once('error', () => settle(true))
  })
}

function options(
  port: number,
  hostname: string,
  { path = '/', method = 'GET', headers = {}, host = hostname }: Question,
) {
  return {
    host: '127.0.0.1',
    port,
    path,
    method,
    agent: false as const,
    timeout: 10_000,
    headers: { host, ...headers },
  }
}

function exchange(request: ReturnType<typeof requestHttp>, { body }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.once('error', reject)
    request.once('timeout', () => request.destroy(new Error('There was no answer in 10 s.')))
    request.once('response', async (response) => {
      const { socket } = response
      const serial =
        'getPeerX509Certificate' in socket ? (socket as TLSSocket).getPeerX509Certificate()?.serialNumber : null
      const text = (await response.toArray()).join('')
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, serial: serial ?? null })
    })
    request.end(body)
  })
}
