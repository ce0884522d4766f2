import { createHash } from 'node:crypto'
import { CaProblem, type Challenge, type ChallengeType, type Hostname, baseOf, isWildcard } from '@mooring/core'
import { type Authorization, type OfferedChallenge, aboutInvalid, lostBecause } from './order.ts'

/** The token becomes part of a path and of an answer; nothing else than base64url may (RFC 8555 §8.3). */
const TOKEN = /^[A-Za-z0-9_-]{1,256}$/
/** As IANA registers them, such as `dns-01`; no other text of a CA is repeated as one. */
const CHALLENGE_TYPE = /^[a-z0-9-]{1,30}$/

export type OpenChallenge = OfferedChallenge & { token: string }

/** The challenge of that type to answer; null when the name is authorized already. */
export function openChallengeOf(authorization: Authorization, type: ChallengeType): OpenChallenge | null {
  if (authorization.status === 'valid') return null
  const lost = aboutInvalid(authorization)
  if (lost !== null) throw lost

  const challenge = authorization.challenges.find((offered) => offered.type === type)
  if (challenge === undefined) throw new CaProblem('noUsableChallenge', aboutOffer(authorization, type))
  // Invalid, like its authorization (RFC 8555 §7.1.6); but smallstep's CAs leave that one pending until it expires.
  if (challenge.status === 'invalid') throw lostBecause(challenge.error, authorization.identifier.value)
  const { token } = challenge
  if (token === undefined || !TOKEN.test(token)) {
    throw new CaProblem('unexpectedAnswer', 'The token of the CA’s challenge is not base64url.')
  }
  return { ...challenge, token }
}

/** What has to be shown for it (RFC 8555 §8.3, §8.4). */
export function proofOf(
  keyAuthorization: string,
  { hostname, type, token }: { hostname: Hostname; type: ChallengeType; token: string },
): Challenge {
  if (type === 'http-01') return { type, token, keyAuthorization }
  const value = createHash('sha256').update(keyAuthorization).digest('base64url')
  return { type, name: `_acme-challenge.${baseOf(hostname)}`, value }
}

const label = (type: ChallengeType): string => type.toUpperCase()

function aboutOffer({ challenges }: Authorization, type: ChallengeType): string {
  const types = challenges.map((challenge) => challenge.type).filter((offered) => CHALLENGE_TYPE.test(offered))
  const offered = types.length === 0 ? 'nothing' : types.join(', ')
  return `The certificate authority does not take proof by ${label(type)} for this name; it offers ${offered}.`
}

/** Refuses what no CA can answer, before an order is spent on it. */
export function expectProvable(
  { hostname, challenge }: { hostname: Hostname; challenge: ChallengeType },
  challenges: readonly ChallengeType[],
): void {
  if (isWildcard(hostname) && challenge !== 'dns-01') {
    throw new CaProblem(
      'noUsableChallenge',
      `A certificate for the wildcard ${hostname} needs proof by DNS-01, and ${label(challenge)} was asked for. Let the ` +
        `zone of ${baseOf(hostname)} be written by a DNS provider, or its _acme-challenge name be delegated; or take the ` +
        `local issuer (MOORING_ISSUER=local); or register each name under ${baseOf(hostname)} by itself.`,
    )
  }
  if (challenges.includes(challenge)) return
  throw new CaProblem(
    'noUsableChallenge',
    `${hostname} was to be proved by ${label(challenge)}, which is not set up for this certificate authority; it takes ` +
      `${challenges.map(label).join(', ') || 'nothing'}.`,
  )
}
