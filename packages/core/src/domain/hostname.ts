import { domainToASCII, domainToUnicode } from 'node:url'
import { parse as parsePublicSuffix } from 'tldts'
import { type Parsed, parsed, refused } from '../errors.ts'

/**
 * A DNS name as Mooring stores and compares it: lower-case A-labels, no trailing dot. A leading `*.` makes it a wildcard,
 * which stands for every name one label below its base, as in certificates (RFC 9525 §6.3). Only the parsers make one.
 */
export type Hostname = string & { readonly __brand: 'Hostname' }

export interface HostnamePolicy {
  /** The platform's own names; neither they nor their subdomains may be registered. */
  reserved: readonly string[]
  /** Zones that are allowed although their top-level domain is not public, such as a demo's. */
  allowedZones: readonly string[]
}

export const NO_POLICY: HostnamePolicy = { reserved: [], allowedZones: [] }

// Checked before IDNA, which silently drops or maps them: `shop.exam\u200Bple.com` must not become `shop.example.com`.
// Default_Ignorable_Code_Point holds joiners, variation selectors and tags; the braille blank is a visible nothing.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u
// The full stops that UTS-46 §2.3 maps to the ASCII one, and the characters that contain one (NFKC).
const FOREIGN_DOTS = /[\u2024-\u2026\u2488-\u249B\u3002\uFE12\uFE19\uFE52\uFF0E\uFF61\u{1F100}]/u
// One label in ASCII: letters, digits, hyphen inside (RFC 5890 §2.3.1), at most 63.
const LDH_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const WILDCARD = '*.'
const MAX_LENGTH = 253
const MAX_LABELS = 10
// The last label decides whether a URL parser reads a host as an IPv4 address (WHATWG URL, "ends in a number").
const NUMERIC_LABEL = /^(?:\d+|0x[0-9a-f]*)$/
// Special-use names (RFC 6761 and IANA's registry). `example` names are documentation and harmless.
const SPECIAL_USE = ['alt', 'arpa', 'home.arpa', 'internal', 'invalid', 'local', 'localhost', 'onion', 'test']

/** The one parser of what customers bring: a name, or a wildcard over one. A code and a sentence for anything else. */
export function parseHostname(input: string, policy: HostnamePolicy = NO_POLICY): Parsed<Hostname> {
  if (!input.startsWith(WILDCARD)) return parseSingleHostname(input, policy)
  const base = parseSingleHostname(input.slice(WILDCARD.length), policy)
  return base.ok ? checkWildcard(base.value, policy) : base
}

/**
 * A name that stands for itself alone, such as a target's. Returns the A-label form, or a stable code with a sentence.
 *
 * IDNA follows UTS-46 (`domainToASCII`), after refusing what UTS-46 would drop or fold silently.
 */
export function parseSingleHostname(input: string, policy: HostnamePolicy = NO_POLICY): Parsed<Hostname> {
  if (input === '') return refused('HOSTNAME_EMPTY', 'A hostname is needed, such as shop.example.com.')
  if (input.length > 1024) return refused('HOSTNAME_TOO_LONG', 'A hostname has at most 253 characters.')
  if (INVISIBLE.test(input)) {
    return refused(
      'HOSTNAME_INVISIBLE_CHARACTER',
      'The hostname contains a space, a control or an invisible character.',
    )
  }
  if (FOREIGN_DOTS.test(input))
    return refused('HOSTNAME_FOREIGN_DOT', 'Labels are separated by the ASCII full stop only.')
  if (input.endsWith('.')) return refused('HOSTNAME_TRAILING_DOT', 'Leave out the dot at the end.')
  if (/[\x21-\x2C\x2F\x3A-\x40\x5B-\x60\x7B-\x7E]/.test(input)) {
    return refused(
      'HOSTNAME_BAD_CHARACTER',
      'Only letters, digits, hyphens and dots; no scheme, port or path. An asterisk stands at the start only: *.example.com.',
    )
  }

  // Before IDNA too: `domainToASCII` answers an address that is out of range with nothing, like any other bad name.
  if (endsInNumber(input.toLowerCase())) return refused('HOSTNAME_IS_ADDRESS', 'An IP address is not a hostname.')
  const ascii = domainToASCII(input)
  if (ascii === '') return refused('HOSTNAME_NOT_IDNA', 'The hostname is not valid under IDNA (UTS #46).')
  return checkAscii(ascii, policy)
}

function checkAscii(ascii: string, policy: HostnamePolicy): Parsed<Hostname> {
  if (endsInNumber(ascii)) return refused('HOSTNAME_IS_ADDRESS', 'An IP address is not a hostname.')
  const labels = ascii.split('.')
  if (ascii.length > MAX_LENGTH) return refused('HOSTNAME_TOO_LONG', 'A hostname has at most 253 characters.')
  if (labels.length > MAX_LABELS) return refused('HOSTNAME_TOO_DEEP', `A hostname has at most ${MAX_LABELS} labels.`)
  for (const label of labels) {
    if (!LDH_LABEL.test(label)) {
      return refused(
        'HOSTNAME_BAD_LABEL',
        `Every label has 1 to 63 letters, digits and inner hyphens; "${label}" does not.`,
      )
    }
    if (label.slice(2, 4) === '--' && !isValidALabel(label)) {
      return refused('HOSTNAME_BAD_LABEL', `"${label}" has hyphens in places 3 and 4 but is not a valid IDNA label.`)
    }
  }
  return checkZone(ascii, labels, policy)
}

function checkZone(ascii: string, labels: string[], policy: HostnamePolicy): Parsed<Hostname> {
  if (policy.reserved.some((zone) => isWithin(ascii, zone))) {
    return refused('HOSTNAME_RESERVED', 'This name belongs to the platform itself.')
  }
  if (policy.allowedZones.some((zone) => ascii !== zone && isWithin(ascii, zone))) return parsed(ascii as Hostname)
  if (labels.length === 1) return refused('HOSTNAME_NOT_QUALIFIED', 'A full name with at least two labels is needed.')
  if (SPECIAL_USE.some((zone) => isWithin(ascii, zone))) {
    return refused('HOSTNAME_SPECIAL_USE', `Names under .${labels.at(-1)} are for special use and never public.`)
  }
  if (isWithin(ascii, 'example')) return parsed(ascii as Hostname)

  const suffix = parsePublicSuffix(ascii, { allowPrivateDomains: false })
  if (!suffix.isIcann) return refused('HOSTNAME_UNKNOWN_TLD', `.${labels.at(-1)} is not a public top-level domain.`)
  if (suffix.domain === null) {
    return refused('HOSTNAME_PUBLIC_SUFFIX', `${ascii} is a public suffix, under which others register names.`)
  }
  return parsed(ascii as Hostname)
}

/** The base kept every rule of a name; what is left is what the asterisk adds to it. */
function checkWildcard(base: Hostname, { reserved }: HostnamePolicy): Parsed<Hostname> {
  const wildcard = `${WILDCARD}${base}` as Hostname
  if (wildcard.length > MAX_LENGTH) return refused('HOSTNAME_TOO_LONG', 'A hostname has at most 253 characters.')
  if (wildcard.split('.').length > MAX_LABELS) {
    return refused('HOSTNAME_TOO_DEEP', `A hostname has at most ${MAX_LABELS} labels.`)
  }
  if (reserved.some((zone) => covers(wildcard, zone))) {
    return refused('HOSTNAME_RESERVED', 'This wildcard covers a name that belongs to the platform itself.')
  }
  return parsed(wildcard)
}

function isValidALabel(label: string): boolean {
  if (!label.startsWith('xn--')) return false
  const unicode = domainToUnicode(label)
  // An A-label may spell what the text form may not, such as a joiner.
  if (unicode === '' || unicode.startsWith('xn--') || INVISIBLE.test(unicode)) return false
  return domainToASCII(unicode) === label
}

const endsInNumber = (name: string): boolean => NUMERIC_LABEL.test(name.slice(name.lastIndexOf('.') + 1))

export const isWithin = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`)

/** True for a name under which others register theirs, such as `com` or `co.uk`. */
export const isPublicSuffix = (name: string): boolean =>
  parsePublicSuffix(name, { allowPrivateDomains: false }).publicSuffix === name

/** True when the name is the top of its registered zone, where a CNAME cannot stand (RFC 1034 §3.6.2). */
export const isApex = (hostname: Hostname): boolean =>
  !isWildcard(hostname) && parsePublicSuffix(hostname).domain === hostname

export const isWildcard = (hostname: string): boolean => hostname.startsWith(WILDCARD)

/** The name below which a wildcard stands, where its proof is looked for; any other name is its own base. */
export const baseOf = (hostname: Hostname): Hostname =>
  isWildcard(hostname) ? (hostname.slice(WILDCARD.length) as Hostname) : hostname

/** The one wildcard that may stand for the name; null for what no name has in the place of the asterisk. */
export function wildcardOver(name: string): string | null {
  const [, base] = /^[a-z0-9_-]+\.(.+)$/.exec(name) ?? []
  return base === undefined ? null : `${WILDCARD}${base}`
}

/** Whether a request for `name` is one for `hostname`: a wildcard stands for one label, neither more nor none. */
export const covers = (hostname: string, name: string): boolean =>
  name === hostname || (isWildcard(hostname) && wildcardOver(name) === hostname)

/** What somebody registered: `example.co.uk` of `a.shop.example.co.uk`; null where nobody can. */
export const registrableDomain = (hostname: Hostname): string | null => parsePublicSuffix(baseOf(hostname)).domain
