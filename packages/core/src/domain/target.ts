import { isIP } from 'node:net'
import { type Parsed, parsed, refused } from '../errors.ts'
import { type AddressRules, refusalOf } from '../edge/address-rules.ts'
import { parseSingleHostname } from './hostname.ts'

/** What an edge does with requests for a name. */
export type Target =
  | { type: 'proxy'; url: string }
  /** By name: see `Service`. */
  | { type: 'proxy'; service: string }
  | { type: 'redirect'; url: string; status: 301 | 302 | 307 | 308 }
  | { type: 'none' }

/** A proxy target, taken apart so that a renderer never sees text a user typed. `host` is a name or an address. */
export interface Upstream {
  scheme: 'http' | 'https'
  host: string
  hostIsAddress: boolean
  port: number
}

// `new URL` strips tabs and newlines, drops what is invisible and takes backslashes for slashes: refused before it.
const UNSAFE_IN_URL = /[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\\"'`{}<>$;|^]/u

/** Where a proxy target connects to. The address rules are applied again by the edge, to every address it resolves. */
export function parseUpstream(input: string, rules: AddressRules): Parsed<Upstream> {
  const url = parseHttpUrl(input)
  if (!url.ok) return url
  const { protocol, hostname, port, pathname, search, hash } = url.value
  if (pathname !== '/' || search !== '' || hash !== '') {
    return refused(
      'TARGET_URL_HAS_PATH',
      'A proxy target is scheme, host and port only: the path comes from the request.',
    )
  }
  const scheme = protocol === 'https:' ? 'https' : 'http'
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const hostIsAddress = isIP(host) !== 0
  if (hostIsAddress) {
    const refusal = refusalOf(host, rules)
    if (refusal !== null) return refused('TARGET_ADDRESS_FORBIDDEN', refusal)
    // `0x08.8.8.8` is an address to a URL parser and something else to the next one.
    if (isIP(host) === 4 && hostAsWritten(input) !== host) {
      return refused('TARGET_ADDRESS_SPELLING', `Write the address as ${host}.`)
    }
  } else {
    const name = parseSingleHostname(hostAsWritten(input))
    if (!name.ok) return refused('TARGET_HOST_INVALID', `The target's host is not a public name: ${name.message}`)
  }
  return parsed({ scheme, host, hostIsAddress, port: port === '' ? (scheme === 'https' ? 443 : 80) : Number(port) })
}

/** Where a redirect points. nginx never resolves it; the path of the request is not appended. */
export function parseRedirect(input: string): Parsed<URL> {
  const url = parseHttpUrl(input)
  if (!url.ok) return url
  const host = parseSingleHostname(hostAsWritten(input))
  if (!host.ok) return refused('TARGET_HOST_INVALID', `The redirect's host is not a public name: ${host.message}`)
  return url
}

function parseHttpUrl(input: string): Parsed<URL> {
  if (input.length > 2048) return refused('TARGET_URL_TOO_LONG', 'A target URL has at most 2,048 characters.')
  if (UNSAFE_IN_URL.test(input)) {
    return refused(
      'TARGET_URL_BAD_CHARACTER',
      'The URL contains a space, a control or a character that must be percent-encoded.',
    )
  }
  if (!/^https?:\/\/[^/]/i.test(input)) {
    return refused('TARGET_URL_SCHEME', 'The URL must start with http:// or https:// and a host.')
  }
  const url = URL.parse(input)
  if (url === null) return refused('TARGET_URL_INVALID', 'This is not a URL.')
  if (authority(input).includes('@')) return refused('TARGET_URL_USERINFO', 'Leave user and password out of the URL.')
  if (url.port === '0') return refused('TARGET_URL_PORT', 'Port 0 cannot be connected to.')
  return parsed(url)
}

const authority = (url: string): string => /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? ''

/** The host before the URL parser decoded, folded or mapped it: the one hostname parser decides what is a name. */
const hostAsWritten = (url: string): string => authority(url).replace(/:\d*$/, '')

export function formatUpstream({ scheme, host, port }: Upstream): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
