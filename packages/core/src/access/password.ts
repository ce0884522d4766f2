import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

// OWASP's Password Storage Cheat Sheet: N = 2^15, r = 8, p = 3 is as strong as N = 2^17, p = 1, in 32 MiB.
const COST = { N: 2 ** 15, r: 8, p: 3 }
const KEY_BYTES = 32
// scrypt needs 128 * N * r bytes, and a little beside; Node's limit is exactly that.
const MEMORY_BYTES = 64 * 2 ** 20

const PASSWORD_MIN = 12
/** What is longer is hashed all the same, but somebody has to send and read it. */
const PASSWORD_MAX = 256

/** What is wrong with a password that somebody chooses; null when nothing is. Length is what counts (NIST SP 800-63B). */
export function passwordFault(password: string): string | null {
  if (password.length < PASSWORD_MIN) return `At least ${PASSWORD_MIN} characters.`
  return password.length > PASSWORD_MAX ? `At most ${PASSWORD_MAX} characters.` : null
}

/** `scrypt:N:r:p:salt:key`, so that a later cost leaves what is stored readable. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join(':')
}

/** As costly for nobody's password (`null`) as for somebody's: how long it takes tells nobody who has an account. */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const [, n, r, p, salt = '', key = ''] = (stored ?? NOBODYS).split(':')
  const expected = Buffer.from(key, 'base64url')
  const derived = await derive(password, Buffer.from(salt, 'base64url'), { N: Number(n), r: Number(r), p: Number(p) })
  return expected.length === KEY_BYTES && timingSafeEqual(derived, expected) && stored !== null
}

const NOBODYS = ['scrypt', COST.N, COST.r, COST.p, 'AAAAAAAAAAAAAAAAAAAAAA', 'A'.repeat(43)].join(':')

function derive(password: string, salt: Buffer, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // One person's keyboard composes an ü, another's does not (NIST SP 800-63B-4 §3.1.1.2).
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, { ...cost, maxmem: MEMORY_BYTES }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}
