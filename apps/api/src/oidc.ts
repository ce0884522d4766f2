import { AppError, type OidcIdentity, ROLES, type Role } from '@mooring/core'
import * as client from 'openid-client'
import type { OidcSettings } from './access-settings.ts'

/** What the browser keeps between leaving for the provider and coming back (RFC 7636, OpenID Connect Core §3.1.2.1). */
export interface RoundTrip {
  state: string
  nonce: string
  verifier: string
}

/** Sign-in by an identity provider: the authorization code flow with PKCE. */
export interface Oidc {
  /** Where to send the browser. Throws `DEPENDENCY_UNAVAILABLE` while the provider is away. */
  begin(): Promise<{ url: string; trip: RoundTrip }>
  /**
   * Who came back, by the query of the callback. Throws `UNAUTHORIZED` for an answer that does not belong to the trip or
   * that the provider does not stand by, and `FORBIDDEN` for a person without a role here.
   */
  finish(query: string, trip: RoundTrip): Promise<OidcIdentity>
}

export function createOidc(settings: OidcSettings): Oidc {
  const { redirectUrl, roleClaim } = settings
  let discovered: Promise<client.Configuration> | null = null

  // At the first use, so that the API starts while the provider is away; a failure is not kept.
  async function configuration(): Promise<client.Configuration> {
    discovered ??= discover(settings)
    try {
      return await discovered
    } catch (cause) {
      discovered = null
      throw new AppError('DEPENDENCY_UNAVAILABLE', 'The identity provider does not answer.', { cause })
    }
  }

  return {
    async begin() {
      const provider = await configuration()
      const trip = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      }
      const url = client.buildAuthorizationUrl(provider, {
        redirect_uri: redirectUrl,
        scope: 'openid email profile',
        code_challenge: await client.calculatePKCECodeChallenge(trip.verifier),
        code_challenge_method: 'S256',
        state: trip.state,
        nonce: trip.nonce,
      })
      return { url: url.href, trip }
    },

    async finish(query, trip) {
      const provider = await configuration()
      const claims = await exchange(provider, new URL(`?${query}`, redirectUrl), trip).catch(refused)
      const role = roleIn(claims[roleClaim])
      if (role === null) {
        throw new AppError('FORBIDDEN', `The identity provider gives this person no role (claim ${roleClaim}).`)
      }
      const { iss: issuer, sub: subject } = claims
      const email = textOf(claims['email']) ?? subject
      return { issuer, subject, email, name: textOf(claims['name']) ?? email, role }
    },
  }
}

function discover({ issuer, clientId, clientSecret }: OidcSettings): Promise<client.Configuration> {
  const url = new URL(issuer)
  // The setting says http, so that it is meant: a provider on the same machine.
  const options = url.protocol === 'http:' ? { execute: [client.allowInsecureRequests] } : {}
  return client.discovery(url, clientId, clientSecret, undefined, options)
}

/** Some providers put claims into the ID token, some answer for them at the userinfo endpoint only. */
async function exchange(
  provider: client.Configuration,
  url: URL,
  { state, nonce, verifier }: RoundTrip,
): Promise<Claims> {
  const tokens = await client.authorizationCodeGrant(provider, url, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  })
  const claims = tokens.claims()
  if (claims === undefined) throw new Error('the answer has no ID token')
  const { userinfo_endpoint: endpoint } = provider.serverMetadata()
  const more = endpoint === undefined ? {} : await client.fetchUserInfo(provider, tokens.access_token, claims.sub)
  return { ...more, ...claims }
}

function refused(cause: unknown): never {
  throw new AppError('UNAUTHORIZED', 'The sign-in was not completed by the identity provider. Try again.', { cause })
}

/** The highest of those that the claim names. */
function roleIn(claim: unknown): Role | null {
  const named = [claim].flat()
  return ROLES.toReversed().find((role) => named.includes(role)) ?? null
}

type Claims = Record<string, unknown> & { iss: string; sub: string }

const textOf = (claim: unknown): string | null => (typeof claim === 'string' && claim !== '' ? claim : null)
