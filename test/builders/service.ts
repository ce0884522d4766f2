import type { Service } from '@mooring/core'

export const aService = (facts: Partial<Service> = {}): Service => ({
  name: 'shop-api',
  tenant: null,
  scheme: 'http',
  servers: [{ host: '10.0.0.5', port: 8080 }],
  tlsName: null,
  health: null,
  ...facts,
})
