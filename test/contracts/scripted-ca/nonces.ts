import { randomBytes } from 'node:crypto'

/** Nonces, each good for one request (RFC 8555 §6.5). */
export interface Nonces {
  issue(): string
  spend(nonce: string | undefined): boolean
}

/** `refused` is the share of good ones that are refused all the same, evenly: 0.9 takes every tenth. */
export function createNonces(refused: number): Nonces {
  const good = new Set<string>()
  let credit = 0
  return {
    issue() {
      const nonce = randomBytes(16).toString('base64url')
      good.add(nonce)
      return nonce
    },
    spend(nonce) {
      if (nonce === undefined || !good.delete(nonce)) return false
      credit += 1 - refused
      if (credit < 1 - Number.EPSILON * 16) return false
      credit -= 1
      return true
    },
  }
}
