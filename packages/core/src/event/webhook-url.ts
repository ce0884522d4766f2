import { isIP } from 'node:net'
import { type AddressRules, refusalOf } from '../edge/address-rules.ts'
import { type Parsed, parsed, refused } from '../errors.ts'

const MAX_CHARACTERS = 2048

/**
 * Where a webhook goes. HTTPS; plain HTTP is left to where the operator allows private addresses, for it is not good for
 * more than a network of one's own. What a name resolves to is judged each time something is sent.
 */
export function parseWebhookUrl(text: string, rules: AddressRules): Parsed<string> {
  // `new URL` strips controls and blanks: what is shown would not be what is asked.
  if (text.length > MAX_CHARACTERS || !/^[\x21-\x7e]+$/.test(text)) {
    return refused('URL_INVALID', `A URL has up to ${MAX_CHARACTERS} characters of visible ASCII.`)
  }
  const url = URL.parse(text)
  if (url === null) return refused('URL_INVALID', 'This is not an absolute URL.')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && rules.allow.length > 0)) {
    return refused('URL_SCHEME', 'A webhook goes to an https:// URL.')
  }
  if (url.username !== '' || url.password !== '') return refused('URL_USERINFO', 'A URL holds no user or password.')
  if (url.hash !== '') return refused('URL_FRAGMENT', 'A URL that is asked holds no fragment.')
  const host = hostOf(url)
  const refusal = isIP(host) === 0 ? null : refusalOf(host, rules)
  if (refusal !== null) return refused('URL_ADDRESS_FORBIDDEN', `${host} is not an address that webhooks may go to.`)
  return parsed(url.href)
}

/** Without the brackets of an IPv6 address. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '')
