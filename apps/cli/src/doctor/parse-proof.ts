import { type Parsed, parsed, refused } from '@mooring/core'
import type { Proof } from './expectation.ts'

/** An ownership token as it was handed out, such as `3f…e0`: 40 hexadecimal digits. */
export function parseToken(text: string): Parsed<Proof> {
  const [, token] = /^\s*(?:token=)?([0-9a-f]{40})\s*$/i.exec(text) ?? []
  if (token === undefined) return refused('TOKEN_MALFORMED', 'expected 40 hexadecimal digits (0-9, a-f).')
  return parsed({ token: token.toLowerCase(), expiresAt: null })
}

/** The whole value of a TXT record, `token=… expiry=…`, with quotation marks or without. */
export function parseProofRecord(text: string): Parsed<Proof> {
  const [, token, expiry] = /^[\s"]*token=([0-9a-f]{40})\s+expiry=(\S+?)[\s"]*$/i.exec(text) ?? []
  const expiresAt = new Date(expiry ?? '')
  if (token === undefined || Number.isNaN(expiresAt.getTime())) {
    const message = 'expected the value of the TXT record in quotation marks: "token=<40 digits> expiry=<date>".'
    return refused('RECORD_MALFORMED', message)
  }
  return parsed({ token: token.toLowerCase(), expiresAt })
}
