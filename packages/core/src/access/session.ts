import { randomBytes } from 'node:crypto'
import { hashSecret } from './api-key.ts'

const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** A browser's session: the token goes into its cookie, the hash into the database. */
export function makeSessionToken(): { token: string; hash: string } {
  const token = randomBytes(32).toString('base64url')
  return { token, hash: hashSecret(token) }
}

/** The hash to look a cookie's value up by; null for what was never a token. */
export const hashOfSession = (token: string): string | null => (TOKEN.test(token) ? hashSecret(token) : null)
