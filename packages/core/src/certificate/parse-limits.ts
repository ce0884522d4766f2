import { DAY, HOUR, MINUTE, SECOND } from '../clock.ts'
import { type Parsed, parsed, refused } from '../errors.ts'
import { BUCKETS, type BucketName, type Limits } from './limits.ts'

const UNITS: Record<string, number> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY }
const LIMIT = /^([a-z_]+)=(\d{1,9})\/(\d{1,6})([smhd])$/

/**
 * Limits as an operator writes them: `new_orders=3000/3h,certificates_of_domain=50/7d`, each so many in a time. What is not
 * named stays as it is known.
 */
export function parseLimits(text: string): Parsed<Limits> {
  const limits: Limits = {}
  for (const item of text.split(',').map((part) => part.trim())) {
    const [, name = '', tokens = '', amount = '', unit = ''] = LIMIT.exec(item) ?? []
    const ms = Number(amount) * (UNITS[unit] ?? 0)
    if (!isBucket(name) || Number(tokens) === 0 || ms === 0) {
      const message = `"${item.slice(0, 100)}" is no limit. Expected one such as new_orders=300/3h; known are ${BUCKETS.join(', ')}.`
      return refused('LIMIT_INVALID', message)
    }
    limits[name] = { burst: Number(tokens), refillMs: Math.ceil(ms / Number(tokens)) }
  }
  return parsed(limits)
}

const isBucket = (name: string): name is BucketName => (BUCKETS as readonly string[]).includes(name)
