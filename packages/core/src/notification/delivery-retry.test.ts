import { describe, expect, it } from 'vitest'
import { HOUR, SECOND } from '../clock.ts'
import { deliveryRetryDelay } from './delivery-retry.ts'

describe('deliveryRetryDelay', () => {
  it('doubles up to an hour', () => {
    expect(deliveryRetryDelay(1, null, () => 1)).toBe(5 * SECOND)
    expect(deliveryRetryDelay(2, null, () => 1)).toBe(10 * SECOND)
    expect(deliveryRetryDelay(12, null, () => 1)).toBe(HOUR)
  })

  it('spreads the tries', () => {
    expect(deliveryRetryDelay(1, null, () => 0)).toBe(2.5 * SECOND)
  })

  it('does not come back before the channel asked to', () => {
    expect(deliveryRetryDelay(1, 90 * SECOND, () => 0)).toBe(90 * SECOND)
  })

  it('gives up in the end', () => {
    expect(deliveryRetryDelay(13, null, () => 0)).toBeNull()
  })
})
