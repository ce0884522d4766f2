import { DAY } from '../clock.ts'

const SHORT_LIVED_MS = 10 * DAY

/**
 * When a certificate is renewed if the CA says nothing else: at two thirds of its lifetime, at half of it when it lives
 * less than ten days (Let's Encrypt's advice). A share and no fixed number of days, because lifetimes keep shrinking.
 */
export function renewAtOf(notBefore: Date, notAfter: Date): Date {
  const lifetime = notAfter.getTime() - notBefore.getTime()
  const share = lifetime < SHORT_LIVED_MS ? 1 / 2 : 2 / 3
  return new Date(notBefore.getTime() + Math.floor(lifetime * share))
}
