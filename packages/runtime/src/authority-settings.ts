import { readFileSync } from 'node:fs'
import { type EdgeIdentity, type Limits, limitsOf } from '@mooring/core'
import { z } from 'zod'
import { count, limits, name, names, secret, text, url } from './settings.ts'

/** One ACME directory, and how it is used. */
export interface AuthoritySettings {
  /** Stored with every certificate; budgets and health are kept under it. */
  name: string
  directoryUrl: string
  contact: string | undefined
  caFile: string | undefined
  eab: { kid: string; hmacKey: string } | undefined
  /** How many accounts; names are spread over them, and each stays where it began. */
  accounts: number
  limits: Limits
  caaIdentities: readonly string[] | undefined
  profile: string | undefined
  /** The common name of the root that chains shall lead to, where the authority offers several. */
  preferredChain: string | undefined
}

const NAME = /^[a-z][a-z0-9-]{0,30}$/

const entrySchema = z
  .strictObject({
    name: z.string().regex(NAME, 'expected lower-case letters, digits and hyphens'),
    directory: z.url({ protocol: /^https$/ }),
    contact: z.string().optional(),
    ca_file: z.string().optional(),
    eab_kid: z.string().optional(),
    eab_hmac: z.string().optional(),
    accounts: z.int().min(1).max(100).default(1),
    limits: limits().optional(),
    caa_identities: z.array(z.string()).optional(),
    profile: z.string().optional(),
    preferred_chain: z.string().optional(),
  })
  .refine(({ eab_kid, eab_hmac }) => (eab_kid === undefined) === (eab_hmac === undefined), {
    path: ['eab_hmac'],
    message: 'expected both eab_kid and eab_hmac, or neither',
  })

const fileSchema = z
  .array(entrySchema)
  .min(1)
  .refine((entries) => new Set(entries.map(({ name }) => name)).size === entries.length, 'every name once')

/** The path of a JSON file that lists authorities, the preferred one first. Its credentials are never shown. */
const authoritiesFile = () =>
  z.string().transform((path, context): z.output<typeof fileSchema> => {
    const refuse = (message: string) => {
      context.issues.push({ code: 'custom', message, input: path })
      return z.NEVER
    }
    let content: unknown
    try {
      content = JSON.parse(readFileSync(path, 'utf8'))
    } catch (error) {
      return refuse(`expected the path of a JSON file (${error instanceof Error ? error.name : 'unreadable'})`)
    }
    const listed = fileSchema.safeParse(content)
    if (listed.success) return listed.data
    return refuse(listed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '))
  })

/** Which certificate authorities issue: fields to spread into the schema of every app that has to know. */
export const authoritySettings = {
  /**
   * Who issues: `acme` our own client, `certbot` that program, one order at a time, `local` an authority of one's own
   * that browsers do not know.
   */
  MOORING_ISSUER: z.enum(['acme', 'certbot', 'local']).default('acme'),
  /**
   * The path of a JSON file that lists several certificate authorities, the preferred one first; in place of the other
   * settings of one.
   */
  MOORING_AUTHORITIES_FILE: authoritiesFile().optional(),
  /** The ACME directory of the certificate authority, such as https://acme-v02.api.letsencrypt.org/directory. */
  MOORING_ACME_DIRECTORY: url('https').optional(),
  /** An e-mail address that the certificate authority may write to. */
  MOORING_ACME_CONTACT: text().optional(),
  /** A PEM file of roots to trust for the authority's own HTTPS; for one of one's own. */
  MOORING_ACME_CA_FILE: text().optional(),
  /** The key id of an external account binding, where the authority asks for one. */
  MOORING_ACME_EAB_KID: text().optional(),
  /** The key of that external account binding, base64url. */
  MOORING_ACME_EAB_HMAC: secret(text()).optional(),
  /** How many accounts to use at the authority; names are spread over them and stay where they began. */
  MOORING_ACME_ACCOUNTS: count(1, 100).default(1),
  /** What the account was granted, such as `new_orders=3000/3h`; the rest is as the authority publishes it. */
  MOORING_ACME_LIMITS: limits().optional(),
  /** What CAA records call the certificate authority, separated by commas; without it, what its directory says. */
  MOORING_ACME_CAA_IDENTITIES: names().optional(),
  /** The managed zone that customers delegate `_acme-challenge` to, for wildcards and for names behind a CDN. */
  MOORING_ACME_CHALLENGE_ZONE: name().optional(),
  /** The certificate profile to ask for, where the authority offers several. */
  MOORING_ACME_PROFILE: text().optional(),
  /** The common name of the root that chains shall lead to, where the authority offers several. */
  MOORING_ACME_PREFERRED_CHAIN: text().optional(),
}

export type AuthorityConfig = z.output<z.ZodObject<typeof authoritySettings>>

/** The configured ACME directories, the preferred one first; none for the local issuer. */
export function authoritiesOf(config: AuthorityConfig): AuthoritySettings[] {
  if (config.MOORING_AUTHORITIES_FILE !== undefined) return config.MOORING_AUTHORITIES_FILE.map(ofEntry)
  const { MOORING_ACME_DIRECTORY: directoryUrl, MOORING_ISSUER: name } = config
  if (directoryUrl === undefined || name === 'local') return []
  const { MOORING_ACME_EAB_KID: kid, MOORING_ACME_EAB_HMAC: hmacKey } = config
  return [
    {
      name,
      directoryUrl,
      contact: config.MOORING_ACME_CONTACT,
      caFile: config.MOORING_ACME_CA_FILE,
      eab: kid === undefined || hmacKey === undefined ? undefined : { kid, hmacKey },
      accounts: config.MOORING_ACME_ACCOUNTS,
      limits: limitsOf(directoryUrl, config.MOORING_ACME_LIMITS),
      caaIdentities: config.MOORING_ACME_CAA_IDENTITIES,
      profile: config.MOORING_ACME_PROFILE,
      preferredChain: config.MOORING_ACME_PREFERRED_CHAIN,
    },
  ]
}

function ofEntry(entry: z.output<typeof entrySchema>): AuthoritySettings {
  const { name, directory: directoryUrl, contact, accounts, profile, eab_kid: kid, eab_hmac: hmacKey } = entry
  return {
    name,
    directoryUrl,
    contact,
    caFile: entry.ca_file,
    eab: kid === undefined || hmacKey === undefined ? undefined : { kid, hmacKey },
    accounts,
    limits: limitsOf(directoryUrl, entry.limits),
    caaIdentities: entry.caa_identities,
    profile,
    preferredChain: entry.preferred_chain,
  }
}

/** The platform's edges, and where its customers delegate to, as records name them. */
export const edgeIdentityOf = (
  config: Pick<AuthorityConfig, 'MOORING_ACME_CHALLENGE_ZONE'> & {
    MOORING_EDGE_HOSTNAME: string
    MOORING_EDGE_ADDRESSES: string[]
  },
): EdgeIdentity => ({
  hostname: config.MOORING_EDGE_HOSTNAME,
  addresses: config.MOORING_EDGE_ADDRESSES,
  challengeZone: config.MOORING_ACME_CHALLENGE_ZONE ?? null,
})

/** What is known of every authority's limits, and the accounts that they are kept under. */
export const knownLimits = (config: AuthorityConfig): { ca: string; accounts: string[]; limits: Limits }[] =>
  authoritiesOf(config).map(({ name, accounts, limits }) => ({
    ca: name,
    accounts: accountNames(name, accounts),
    limits,
  }))

/** See `Issuer.name`. */
const accountNames = (name: string, accounts: number): string[] =>
  Array.from({ length: accounts }, (_, index) => (index === 0 ? name : `${name}/${index + 1}`))

/** What is wrong with the settings taken together; for a schema's `superRefine`. */
export function authorityComplaints(config: AuthorityConfig): { path: string; message: string }[] {
  const complaints: { path: string; message: string }[] = []
  const { MOORING_ISSUER: issuer, MOORING_ACME_DIRECTORY: directory, MOORING_AUTHORITIES_FILE: file } = config
  if (issuer === 'acme' && directory === undefined && file === undefined) {
    complaints.push({ path: 'MOORING_ACME_DIRECTORY', message: 'expected the URL of an ACME directory' })
  }
  if (issuer === 'certbot' && directory === undefined) {
    complaints.push({ path: 'MOORING_ACME_DIRECTORY', message: 'expected the URL of the directory certbot asks' })
  }
  if (config.MOORING_ACME_EAB_KID !== undefined && config.MOORING_ACME_EAB_HMAC === undefined) {
    complaints.push({ path: 'MOORING_ACME_EAB_HMAC', message: 'expected beside MOORING_ACME_EAB_KID' })
  }
  return complaints
}
