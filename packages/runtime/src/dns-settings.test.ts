import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { dnsSettings } from './dns-settings.ts'
import { ConfigError, readConfig } from './read-config.ts'

const schema = z.object(dnsSettings)

describe('the settings of how DNS is asked', () => {
  it('may all be left out', () => {
    expect(readConfig(schema, {})).toEqual({
      MOORING_DNS_PORT: 53,
      MOORING_DNS_ALLOW: [],
      MOORING_PROBE_HTTP_PORT: 80,
      MOORING_PROBE_HTTPS_PORT: 443,
    })
  })

  it('are lists where there may be several', () => {
    const read = readConfig(schema, {
      MOORING_DNS_ROOTS: '127.0.0.1, ::1',
      MOORING_DNS_ALLOW: '127.0.0.0/8',
      MOORING_ACME_CAA_IDENTITIES: 'letsencrypt.org, ca.example',
    })
    expect(read).toMatchObject({
      MOORING_DNS_ROOTS: ['127.0.0.1', '::1'],
      MOORING_DNS_ALLOW: ['127.0.0.0/8'],
      MOORING_ACME_CAA_IDENTITIES: ['letsencrypt.org', 'ca.example'],
    })
  })

  it.each([
    ['MOORING_DNS_SERVERS', 'ns1.example.com:53'],
    ['MOORING_DNS_ROOTS', '127.0.0.1:5300'],
    ['MOORING_DNS_ALLOW', '127.0.0.1'],
    ['MOORING_ACME_CAA_IDENTITIES', 'Let’s Encrypt'],
    ['MOORING_ACME_CAA_IDENTITIES', 'letsencrypt.org,'],
    ['MOORING_PROBE_HTTP_PORT', '80/tcp'],
  ])('are refused by name when wrong: %s=%s', (name, value) => {
    expect(() => readConfig(schema, { [name]: value })).toThrow(ConfigError)
    expect(() => readConfig(schema, { [name]: value })).toThrow(`${name}: expected `)
  })
})
