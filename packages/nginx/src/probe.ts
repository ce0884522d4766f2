import { X509Certificate } from 'node:crypto'
import { request } from 'node:http'
import { type TLSSocket, connect, createSecureContext } from 'node:tls'
import { nameUnder } from '@mooring/core'
import { forEachBounded } from './bounded.ts'

export interface Served {
  address: string
  httpPort: number
  httpsPort: number
}

/** What a name must answer now; of a wildcard, any name that it covers. */
export type Expectation =
  | { hostname: string; kind: 'https'; serial: string }
  | { hostname: string; kind: 'http'; fingerprint: string }
  | { hostname: string; kind: 'refused' }

const AT_ONCE = 16
const TIMEOUT_MS = 3_000
/** A busy machine may drop one attempt; a wrong answer stays wrong. */
const ATTEMPTS = 3

/** Asks the server as a visitor would, and returns what is wrong by hostname. */
export async function findUnproved(expectations: Expectation[], server: Served): Promise<Map<string, string>> {
  const wrong = new Map<string, string>()
  await forEachBounded(expectations, AT_ONCE, async (expectation) => {
    let complaint: string | null = null
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      complaint = await complaintAbout(expectation, server)
      if (complaint === null) return
    }
    if (complaint !== null) wrong.set(expectation.hostname, complaint)
  })
  return wrong
}

async function complaintAbout(expectation: Expectation, server: Served): Promise<string | null> {
  const hostname = nameUnder(expectation.hostname)
  if (expectation.kind === 'https') {
    const serial = await servedSerial(hostname, server)
    return serial === expectation.serial
      ? null
      : `The handshake gave ${serial ?? 'no certificate'}, not ${expectation.serial}.`
  }
  const answer = await askOverHttp(hostname, '/.well-known/mooring/health', server)
  if (expectation.kind === 'http') {
    return answer?.route === expectation.fingerprint
      ? null
      : `HTTP is answered by ${answer?.route ?? 'nobody'}, not by this route.`
  }
  if (answer !== null && answer.route !== null) return 'HTTP is still answered.'
  return (await servedSerial(hostname, server)) === null ? null : 'HTTPS is still answered.'
}

// One context for all handshakes: making one costs as much as a handshake. What is served is compared, not trusted, so no
// authorities are loaded. The small key share keeps the post-quantum one, which is ten times the work, out of the proof.
const context = createSecureContext({ ca: [], ecdhCurve: 'X25519:P-256' })

/** Serial of the certificate that `hostname` is served with; null when the handshake is refused. */
async function servedSerial(hostname: string, { address, httpsPort }: Served): Promise<string | null> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({
      host: address,
      port: httpsPort,
      servername: hostname,
      secureContext: context,
      rejectUnauthorized: false,
      timeout: TIMEOUT_MS,
    })
    const settle = (serial: string | null): void => {
      socket.destroy()
      resolve(serial)
    }
    socket.on('secureConnect', () => {
      const certificate: X509Certificate | undefined = socket.getPeerX509Certificate()
      settle(certificate?.serialNumber ?? null)
    })
    // A refused handshake is an answer here: the caller compares it with what should be.
    socket.on('error', () => settle(null))
    socket.on('timeout', () => settle(null))
  })
}

/** Null when nothing answers. `route` is the fingerprint of the vhost that answered, null for the default server. */
export async function askOverHttp(
  hostname: string,
  path: string,
  { address, httpPort }: Served,
): Promise<{ status: number; route: string | null; body: string } | null> {
  return new Promise((resolve) => {
    const asked = request(
      { host: address, port: httpPort, path, headers: { host: hostname }, agent: false, timeout: TIMEOUT_MS },
      (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          if (body.length < 4096) body += chunk
        })
        response.on('end', () => {
          const route = response.headers['mooring-route']
          resolve({ status: response.statusCode ?? 0, route: typeof route === 'string' ? route : null, body })
        })
        response.on('error', () => resolve(null))
      },
    )
    asked.on('timeout', () => asked.destroy(new Error('No answer in time.')))
    asked.on('error', () => resolve(null)) // Nobody listens, or not yet: the caller asks again or reports it.
    asked.end()
  })
}
