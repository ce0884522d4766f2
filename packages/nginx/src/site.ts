import { createHash } from 'node:crypto'

/** One name as nginx has it: what a generation's manifest lists. Its files are named by their content and never change. */
export interface Site {
  domainId: string
  hostname: string
  variant: 'http' | 'https'
  fingerprint: string
  serial: string | null
  /** Key and chain in one file, below `certificates/`; null for the http variant. */
  certificate: string | null
  /** The service whose upstream the vhost names; nginx refuses a vhost that names one it does not have. */
  service: string | null
}

/** In `sites-available`. */
export const siteFile = ({ hostname, fingerprint }: Pick<Site, 'hostname' | 'fingerprint'>): string =>
  `${stem(hostname)}.${fingerprint}.conf`

/** In a generation's `sites-enabled`. */
export const enabledFile = ({ hostname }: Pick<Site, 'hostname'>): string => `${stem(hostname)}.conf`

/** A certificate's folder, below `certificates`. */
export const certificateFolder = (hostname: string): string => withoutAsterisk(hostname)

// nginx and shells read an asterisk in a path as a pattern; an underscore stands in no hostname.
const withoutAsterisk = (hostname: string): string => hostname.replace(/^\*/, '_')

// A file's name has 255 bytes at most, of which a hostname may take 253.
const LONGEST_STEM = 200

function stem(hostname: string): string {
  const name = withoutAsterisk(hostname)
  if (name.length <= LONGEST_STEM) return name
  const rest = createHash('sha256').update(hostname).digest('hex').slice(0, 16)
  return `${name.slice(0, LONGEST_STEM)}~${rest}`
}
