import { createHash, randomBytes } from 'node:crypto'

export type ChallengeType = 'http-01' | 'dns-01'

interface Challenge {
  type: ChallengeType
  status: 'pending' | 'valid' | 'invalid'
  token: string
  validated?: string
  error?: object
}

export interface Authorization {
  id: string
  /** Without the wildcard's `*.` (RFC 8555 §7.1.4). */
  base: string
  isWildcard: boolean
  status: 'pending' | 'valid' | 'invalid' | 'deactivated'
  challenges: Challenge[]
}

/** What has to be found: at `/.well-known/acme-challenge/<token>`, or in TXT at `_acme-challenge.<hostname>`. */
interface Expected {
  type: ChallengeType
  token: string
  content: string
}

/** Looks for it, as a CA does; a problem (`type` without the URN) when it is not found. */
export type Validates = (
  expected: Expected,
  hostname: string,
) => Promise<{ type: string; detail: string } | null> | { type: string; detail: string } | null

/** HTTP-01 cannot prove a wildcard (RFC 8555 §8.3, CA/B Baseline Requirements §3.2.2.4.19). */
export function createAuthorization(name: string, offered: readonly ChallengeType[]): Authorization {
  const isWildcard = name.startsWith('*.')
  return {
    id: randomBytes(8).toString('hex'),
    base: name.replace(/^\*\./, ''),
    isWildcard,
    status: 'pending',
    challenges: offered
      .filter((type) => !isWildcard || type === 'dns-01')
      .map((type) => ({ type, status: 'pending', token: randomBytes(32).toString('base64url') })),
  }
}

/** Once and for all: a failed challenge is not tried again (RFC 8555 §8.2). */
export async function validate(
  authorization: Authorization,
  { type, thumbprint, validates, now }: { type: string; thumbprint: string; validates: Validates; now: Date },
): Promise<void> {
  const challenge = authorization.challenges.find((one) => one.type === type) as Challenge
  const keyAuthorization = `${challenge.token}.${thumbprint}`
  const content =
    challenge.type === 'http-01' ? keyAuthorization : createHash('sha256').update(keyAuthorization).digest('base64url')
  const problem = await validates({ type: challenge.type, token: challenge.token, content }, authorization.base)
  challenge.status = problem === null ? 'valid' : 'invalid'
  authorization.status = challenge.status
  if (problem === null) challenge.validated = now.toISOString()
  else challenge.error = { ...problem, type: `urn:ietf:params:acme:error:${problem.type}`, status: 403 }
}
