import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether the header carries the token (RFC 6750 §2.1); compared in constant time. */
export function carriesToken(token: string, authorization: string | undefined): boolean {
  const given = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(sha256(given), sha256(token))
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
