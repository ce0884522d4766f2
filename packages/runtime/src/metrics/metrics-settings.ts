import { z } from 'zod'
import { secret } from '../settings.ts'

/**
 * A field to spread into every app's schema. Strangers can reach the API, and not the port of `MOORING_HEALTH_PORT`.
 */
export const metricsSettings = {
  /**
   * What readers of `/metrics` send as a Bearer token, 16 characters or more. Without it the API has no `/metrics`, and
   * on `MOORING_HEALTH_PORT` it is open.
   */
  MOORING_METRICS_TOKEN: secret(z.string().min(16, 'expected at least 16 characters')).optional(),
}
