import { isIPv4 } from 'node:net'
import type { Config } from '../config.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import type { Server } from './call-server.ts'

/** The server that the environment names; null when it names none, or no key for it. */
export function knownServer(config: Config): Server | null {
  const { MOORING_API_URL: url, MOORING_API_KEY: key } = config
  if (url === undefined || key === undefined) return null
  if (!config.MOORING_API_INSECURE) refuseClearText(new URL(url))
  return { url, key }
}

/** The key travels in every request, so that plain HTTP is for this machine only. */
function refuseClearText({ protocol, hostname, origin }: URL): void {
  const isLoopback =
    hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
  if (protocol === 'https:' || isLoopback) return
  const message = `MOORING_API_URL is ${origin}: the key would travel in clear text. Use https, or set MOORING_API_INSECURE=1.`
  throw new Failure(EXIT.usage, message)
}
