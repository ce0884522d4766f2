import { ConfigError, readConfig } from '@mooring/runtime'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { accessOf, accessSettings } from './access-settings.ts'

const read = (env: Record<string, string>) => accessOf(readConfig(z.object(accessSettings), env))
const OIDC = {
  MOORING_OIDC_ISSUER: 'https://login.example',
  MOORING_OIDC_CLIENT_ID: 'mooring',
  MOORING_OIDC_CLIENT_SECRET: 's3cret',
}

describe('the settings of access', () => {
  it('need nothing', () => {
    expect(read({})).toMatchObject({ publicUrl: null, firstAdmin: null, oidc: null, requestsPerMinute: 6000 })
  })

  it('send back from the identity provider to the public URL, or where they say', () => {
    const MOORING_PUBLIC_URL = 'https://mooring.example'
    expect(read({ ...OIDC, MOORING_PUBLIC_URL }).oidc?.redirectUrl).toBe('https://mooring.example/auth/oidc/callback')
    const elsewhere = 'https://edge.example/back'
    expect(read({ ...OIDC, MOORING_OIDC_REDIRECT_URL: elsewhere }).oidc?.redirectUrl).toBe(elsewhere)
  })

  it('name everything that is missing beside what is set, and no secret', () => {
    const broken = { MOORING_ADMIN_PASSWORD: 'hunter2', MOORING_OIDC_ISSUER: 'https://login.example' }
    const error = thrownBy(() => read(broken))
    expect(error.problems.map((line) => line.split(':')[0])).toEqual([
      'MOORING_ADMIN_EMAIL',
      'MOORING_OIDC_CLIENT_ID',
      'MOORING_OIDC_CLIENT_SECRET',
      'MOORING_OIDC_REDIRECT_URL',
    ])
    const weak = thrownBy(() => read({ MOORING_ADMIN_EMAIL: 'nobody', MOORING_ADMIN_PASSWORD: 'hunter2' }))
    expect(weak.problems).toHaveLength(2)
    expect(weak.message).not.toContain('hunter2')
  })
})

function thrownBy(work: () => unknown): ConfigError {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigError) return error
  }
  throw new Error('no ConfigError was thrown')
}
