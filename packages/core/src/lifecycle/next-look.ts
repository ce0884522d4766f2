import { DAY, HOUR, MINUTE, SECOND, after } from '../clock.ts'
import type { Domain } from '../domain/domain.ts'

const FIRST_LOOK_MS = 30 * SECOND
const FIRST_DAY_MS = 15 * MINUTE
const LATER_MS = 4 * HOUR

/**
 * When to look at a customer's DNS again: 30 s, 60 s, 120 s … to 15 min during the first day, then on to 4 h.
 * A `check` starts the schedule over: somebody is at work on the zone.
 */
export function nextLook(domain: Pick<Domain, 'looks' | 'createdAt'>, now: Date): Date {
  const isFirstDay = now.getTime() - domain.createdAt.getTime() < DAY
  const interval = FIRST_LOOK_MS * 2 ** Math.min(domain.looks, 20)
  return after(now, Math.min(interval, isFirstDay ? FIRST_DAY_MS : LATER_MS))
}

/**
 * The look after one that found nothing, and how many there have been then. A zone whose SOA serial changed since the
 * look before is being worked on: the schedule starts over with quick looks.
 */
export function scheduleLook(
  domain: Pick<Domain, 'looks' | 'createdAt' | 'dns'>,
  serial: number | null,
  now: Date,
): { until: Date; looks: number } {
  const before = domain.dns.serial
  const looks = serial !== null && before !== undefined && serial !== before ? 0 : domain.looks
  return { until: nextLook({ ...domain, looks }, now), looks: looks + 1 }
}
