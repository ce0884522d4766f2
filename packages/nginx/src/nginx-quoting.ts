import { isIP } from 'node:net'
import {
  DOMAIN_ID,
  type Hostname,
  SERVICE_HOST,
  SERVICE_NAME,
  baseOf,
  isWildcard,
  parseHostname,
  parseSingleHostname,
} from '@mooring/core'

/**
 * Text that may stand in an nginx configuration. Only the functions below make one, each from a typed value and each
 * refusing what that type does not allow; templates print nothing else (`render.ts` checks).
 *
 * Two things make text dangerous there: leaving its token (space, quote, semicolon, brace), and `$`, which starts a
 * variable even inside quotes and cannot be escaped. Whatever is quoted here has neither.
 */
export class NginxText {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** Handlebars prints objects with this method as they are (its `SafeString` protocol). */
  toHTML(): string {
    return this.#text
  }
}

/**
 * A value that no quoting makes safe. Whoever sees it has a value that no parser let through.
 *
 * @public
 */
export class UnquotableError extends Error {
  override readonly name = 'UnquotableError'
}

/** A hostname in its normal form, unquoted: letters, digits, hyphens and dots, and `*.` before a wildcard's. */
export function hostnameText(hostname: string): NginxText {
  return new NginxText(normalForm(hostname, parseHostname))
}

/**
 * What `server_name` takes a hostname by. nginx's own `*.x` stands for any number of labels; a certificate's, and so
 * ours, stands for one (RFC 9525 §6.3). Any exact name comes before the patterns, and no two patterns fit one name, so
 * that their order does not matter. nginx tries them one after another for names without an exact entry: about 0.3 ms
 * of a request among 1,000 wildcards (1.22.1, measured).
 */
export function serverNameText(hostname: string): NginxText {
  const name = normalForm(hostname, parseHostname)
  if (!isWildcard(name)) return new NginxText(name)
  return new NginxText(`~^[a-z0-9_-]+\\.${baseOf(name).replaceAll('.', '\\.')}$`)
}

/** The hostname that `serverNameText` made `$server_name` of; null for the servers of no name. */
export function hostnameOfServer(serverName: string): string | null {
  const [, base] = /^~\^\[a-z0-9_-\]\+\\\.(.+)\$$/.exec(serverName) ?? []
  if (base !== undefined) return `*.${base.replaceAll('\\.', '.')}`
  return serverName === '' ? null : serverName
}

/** The name that a visitor asked for, in a server of this hostname: nginx knows it where several are served. */
export function visitedNameText(hostname: string): NginxText {
  const name = normalForm(hostname, parseHostname)
  return new NginxText(isWildcard(name) ? '$host' : name)
}

function normalForm(hostname: string, parse: typeof parseHostname): Hostname {
  const answer = parse(hostname, {
    reserved: [],
    allowedZones: [hostname.slice(hostname.lastIndexOf('.') + 1)],
  })
  if (!answer.ok || answer.value !== hostname)
    throw new UnquotableError(`${JSON.stringify(hostname)} is not a hostname.`)
  return answer.value
}

/** `address:port` for `listen` and `server`; IPv6 in brackets. */
export function endpointText(address: string, port: number): NginxText {
  const family = isIP(address)
  // A scope id (`fe80::1%eth0`) passes isIP and means nothing to nginx.
  if (family === 0 || address.includes('%'))
    throw new UnquotableError(`${JSON.stringify(address)} is not an IP address.`)
  return new NginxText(`${family === 6 ? `[${address}]` : address}:${portOf(port)}`)
}

export const anyIpv4Text = (port: number): NginxText => new NginxText(`${portOf(port)}`)
export const anyIpv6Text = (port: number): NginxText => new NginxText(`[::]:${portOf(port)}`)

/** An address or CIDR block for `geo`. */
export function addressText(address: string): NginxText {
  if (isIP(address) === 0 || address.includes('%')) throw new UnquotableError(`${address} is not an IP address.`)
  return new NginxText(address)
}

/** `:8443`, or nothing for the scheme's own port. */
export function portSuffixText(port: number, standard: number): NginxText {
  return new NginxText(portOf(port) === standard ? '' : `:${port}`)
}

export function numberText(value: number): NginxText {
  if (!Number.isSafeInteger(value) || value < 0) throw new UnquotableError(`${value} is not a count.`)
  return new NginxText(String(value))
}

/** A name nginx files an upstream under: made from our own id, never from the target. */
export function upstreamNameText(domainId: string): NginxText {
  if (!DOMAIN_ID.test(domainId)) throw new UnquotableError(`${JSON.stringify(domainId)} is not a domain id.`)
  return new NginxText(`target_${domainId.slice('dom_'.length)}`)
}

/** The same for a service, whose name is the operator's. */
export function serviceUpstreamText(name: string): NginxText {
  if (!SERVICE_NAME.test(name)) throw new UnquotableError(`${JSON.stringify(name)} is not a service's name.`)
  return new NginxText(`mooring_service_${name}`)
}

/** Hex digits of our own making. */
export function hexText(hex: string): NginxText {
  if (!/^[0-9a-f]{1,64}$/.test(hex)) throw new UnquotableError(`${JSON.stringify(hex)} is not hexadecimal.`)
  return new NginxText(hex)
}

/** A user or group of this machine (the names `useradd` allows). */
export function accountText(name: string): NginxText {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(name)) throw new UnquotableError(`${JSON.stringify(name)} is not an account.`)
  return new NginxText(name)
}

// Folders are the operator's choice, so they may hold spaces and letters of any language, but nothing nginx expands.
const PATH = /^\/[\p{L}\p{N}\p{M} ._~@+,=:/-]*$/u

/** An absolute path, quoted. */
export function pathText(path: string): NginxText {
  if (!PATH.test(path)) {
    throw new UnquotableError(`The path ${JSON.stringify(path)} has characters that nginx would read as its own.`)
  }
  return new NginxText(`"${path}"`)
}

/** A certificate's file, by a path that nginx puts together (and reads) at the handshake because of the variable. */
export function certificateText(folder: string, file: string): NginxText {
  pathText(`/${folder}/${file}`)
  return new NginxText(`"$mooring_certificates/${folder}/${file}"`)
}

/** A path to include; a last part of `*.conf` stands for all of a folder. */
export function includeText(path: string): NginxText {
  const folder = path.replace(/\/\*\.conf$/, '/')
  return folder === path ? pathText(path) : (pathText(folder), new NginxText(`"${path}"`))
}

// RFC 3986 §2 without the quotes, `$`, `;` and what is not allowed in a URL at all.
const URL_CHARACTER = /^[A-Za-z0-9\-._~:/?#[\]@!&()*+,=%]$/
const URL_ENCODABLE = /^[\x21-\x7e]$/

/**
 * A URL, quoted. Characters that mean something to nginx are percent-encoded, which changes nothing for the browser:
 * `$` has no other spelling in a configuration.
 */
export function urlText(url: URL): NginxText {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new UnquotableError('The URL is neither http nor https.')
  let text = ''
  for (const character of url.href) {
    if (URL_CHARACTER.test(character)) text += character
    else if (URL_ENCODABLE.test(character)) {
      text += `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
    } else throw new UnquotableError('The URL has a character that must be percent-encoded.')
  }
  return new NginxText(`"${text}"`)
}

/** The name that an https target's certificate must have: a hostname, or an address as it stands. */
export function tlsNameText(host: string): NginxText {
  return isIP(host) === 0 ? new NginxText(normalForm(host, parseSingleHostname)) : addressText(host)
}

/** The same for a service: a name of the operator's own network, which need not be a hostname elsewhere. */
export function serviceTlsNameText(name: string): NginxText {
  if (!SERVICE_HOST.test(name)) throw new UnquotableError(`${JSON.stringify(name)} is not a host's name.`)
  return new NginxText(name)
}

// Printable ASCII and line ends, without what nginx ends a quoted text at or reads as a variable.
const PAGE = /^[\n\x20\x21\x23\x25-\x5b\x5d-\x7e]{1,3000}$/

/** A page of our own, quoted. nginx takes no parameter of more than 4 kB. */
export function pageText(html: string): NginxText {
  if (!PAGE.test(html)) throw new UnquotableError('The page has characters that nginx would read as its own.')
  return new NginxText(`"${html.replaceAll('\n', '\\n')}"`)
}

function portOf(port: number): number {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new UnquotableError(`${port} is not a port.`)
  return port
}
