import { DAY, HOUR, passwordFault } from '@mooring/core'
import { ConfigError, settings } from '@mooring/runtime'
import { z } from 'zod'

/** Who may sign in, and how. */
export const accessSettings = {
  /**
   * Where browsers find the API, such as https://mooring.example.com; mails link to it. With https, cookies are for
   * this host alone.
   */
  MOORING_PUBLIC_URL: settings.url('https', 'http').optional(),
  /** A first local admin, made at a start that finds none; later starts change nothing. */
  MOORING_ADMIN_EMAIL: settings.text().optional(),
  /** What that first admin signs in with. Take it out of the environment afterwards. */
  MOORING_ADMIN_PASSWORD: settings.secret(settings.text()).optional(),
  /**
   * An identity provider that people may sign in with (OpenID Connect); its discovery document is asked for below this
   * URL.
   */
  MOORING_OIDC_ISSUER: settings.url('https', 'http').optional(),
  /** As the identity provider knows this client; needed beside the issuer. */
  MOORING_OIDC_CLIENT_ID: settings.text().optional(),
  /** What the identity provider gave this client to prove itself; needed beside the issuer. */
  MOORING_OIDC_CLIENT_SECRET: settings.secret(settings.text()).optional(),
  /** The claim of the identity provider that says viewer, operator or admin; of several the highest counts. */
  MOORING_OIDC_ROLE_CLAIM: settings.text().default('mooring_role'),
  /** Where the identity provider sends people back to; by default `/auth/oidc/callback` below `MOORING_PUBLIC_URL`. */
  MOORING_OIDC_REDIRECT_URL: settings.url('https', 'http').optional(),
  /** A session that nobody uses for this long ends. */
  MOORING_SESSION_IDLE_SECONDS: settings.seconds(1).default(12 * HOUR),
  /** A session ends after this long, however much it is used. */
  MOORING_SESSION_DAYS: settings.days().default(7 * DAY),
  /** Requests that one key or user may make, counted by each API process; more are answered with 429. */
  MOORING_API_REQUESTS_PER_MINUTE: settings.count(1).default(6000),
}

type Environment = z.output<z.ZodObject<typeof accessSettings>>

export interface OidcSettings {
  issuer: string
  clientId: string
  clientSecret: string
  roleClaim: string
  redirectUrl: string
}

export interface AccessSettings {
  publicUrl: URL | null
  firstAdmin: { email: string; password: string } | null
  oidc: OidcSettings | null
  session: { idleMs: number; absoluteMs: number }
  requestsPerMinute: number
}

/** Throws `ConfigError` where some variables are set and others that belong to them are not. */
export function accessOf(config: Environment): AccessSettings {
  const problems: string[] = []
  const publicUrl = config.MOORING_PUBLIC_URL === undefined ? null : new URL(config.MOORING_PUBLIC_URL)
  const access = {
    publicUrl,
    firstAdmin: firstAdminOf(config, problems),
    oidc: oidcOf(config, publicUrl, problems),
    session: { idleMs: config.MOORING_SESSION_IDLE_SECONDS, absoluteMs: config.MOORING_SESSION_DAYS },
    requestsPerMinute: config.MOORING_API_REQUESTS_PER_MINUTE,
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return access
}

function firstAdminOf(config: Environment, problems: string[]): AccessSettings['firstAdmin'] {
  const { MOORING_ADMIN_EMAIL: email, MOORING_ADMIN_PASSWORD: password } = config
  if (email === undefined && password === undefined) return null
  if (email === undefined) problems.push('MOORING_ADMIN_EMAIL: is needed beside MOORING_ADMIN_PASSWORD')
  if (password === undefined) problems.push('MOORING_ADMIN_PASSWORD: is needed beside MOORING_ADMIN_EMAIL')
  if (email === undefined || password === undefined) return null
  if (!z.email().safeParse(email).success) problems.push('MOORING_ADMIN_EMAIL: expected an e-mail address')
  const fault = passwordFault(password)
  if (fault !== null) problems.push(`MOORING_ADMIN_PASSWORD: ${fault}`)
  return { email, password }
}

function oidcOf(config: Environment, publicUrl: URL | null, problems: string[]): OidcSettings | null {
  const { MOORING_OIDC_ISSUER: issuer, MOORING_OIDC_CLIENT_ID: clientId } = config
  const clientSecret = config.MOORING_OIDC_CLIENT_SECRET
  if (issuer === undefined) return null
  if (clientId === undefined) problems.push('MOORING_OIDC_CLIENT_ID: is needed beside MOORING_OIDC_ISSUER')
  if (clientSecret === undefined) problems.push('MOORING_OIDC_CLIENT_SECRET: is needed beside MOORING_OIDC_ISSUER')
  const redirectUrl =
    config.MOORING_OIDC_REDIRECT_URL ?? (publicUrl === null ? null : new URL('/auth/oidc/callback', publicUrl).href)
  if (redirectUrl === null) problems.push('MOORING_OIDC_REDIRECT_URL: is needed where MOORING_PUBLIC_URL is not set')
  if (clientId === undefined || clientSecret === undefined || redirectUrl === null) return null
  return { issuer, clientId, clientSecret, roleClaim: config.MOORING_OIDC_ROLE_CLAIM, redirectUrl }
}
