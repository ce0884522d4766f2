import { randomBytes } from 'node:crypto'

// RFC 4086 asks for 128 bits of what must not be guessed; a few more cost nothing in a record.
const TOKEN_BYTES = 20

/** In characters; a DNS label has room for 63 (RFC 1035 §2.3.4). */
export const TOKEN_LENGTH = 2 * TOKEN_BYTES

/** An ownership token: 40 lower-case hexadecimal digits, which may be a DNS label and survive a change of case. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('hex')
