import { expect, test } from 'vitest'
import { z } from 'zod'
import { ConfigError, describeConfig, readConfig } from './read-config.ts'
import * as settings from './settings.ts'

const schema = z.object({
  PORT: settings.port().default(8080),
  DATABASE_URL: settings.url('postgres', 'postgresql'),
  MOORING_ENCRYPTION_KEY: settings.hexKey(),
  MOORING_API_KEY: settings.apiKey().optional(),
  MOORING_DNS_SERVERS: settings.addresses().optional(),
  MOORING_UPSTREAM_ALLOW: settings.cidrs().default([]),
  MOORING_LEASE_SECONDS: settings.seconds(1).default(60_000),
  MOORING_LOCAL: settings.flag().default(false),
})
const KEY = 'ab'.repeat(32)
const GOOD = { DATABASE_URL: 'postgres://mooring:pw@db/mooring', MOORING_ENCRYPTION_KEY: KEY }

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(schema, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  throw new Error('the configuration was accepted')
}

test('defaults stand in for what is not set, and an empty variable counts as not set', () => {
  const config = readConfig(schema, { ...GOOD, PORT: '', MOORING_DNS_SERVERS: '' })
  expect(config).toMatchObject({
    PORT: 8080,
    MOORING_LEASE_SECONDS: 60_000,
    MOORING_LOCAL: false,
    MOORING_UPSTREAM_ALLOW: [],
  })
  expect(config.MOORING_DNS_SERVERS).toBeUndefined()
})

test('values arrive typed, times in milliseconds', () => {
  const config = readConfig(schema, {
    ...GOOD,
    PORT: '9000',
    MOORING_LEASE_SECONDS: '1.5',
    MOORING_LOCAL: 'true',
    MOORING_DNS_SERVERS: '127.0.0.1:53, [::1]:5353',
    MOORING_UPSTREAM_ALLOW: '127.0.0.0/8,fd00::/8',
  })
  expect(config).toMatchObject({
    PORT: 9000,
    MOORING_LEASE_SECONDS: 1500,
    MOORING_LOCAL: true,
    MOORING_DNS_SERVERS: ['127.0.0.1:53', '[::1]:5353'],
    MOORING_UPSTREAM_ALLOW: ['127.0.0.0/8', 'fd00::/8'],
  })
})

test('every problem is reported at once, one line per variable', () => {
  const problems = problemsOf({
    PORT: '99999',
    MOORING_ENCRYPTION_KEY: 'short',
    MOORING_API_KEY: 'short',
    MOORING_DNS_SERVERS: 'ns1.example.com:53',
    MOORING_UPSTREAM_ALLOW: '10.0.0.0/33',
    MOORING_LEASE_SECONDS: '0',
    MOORING_LOCAL: 'maybe',
  })
  expect(problems.map((line) => line.split(':')[0])).toEqual(Object.keys(schema.shape))
  expect(problems[0]).toBe('PORT: expected a port, 0 to 65535 (it is "99999")')
  expect(problems[1]).toBe('DATABASE_URL: is needed and not set')
})

test('a secret never appears in a problem, nor does a URL that may hold one', () => {
  const problems = problemsOf({ ...GOOD, DATABASE_URL: 'mysql://u:hunter2@db/x', MOORING_API_KEY: 'hunter2' })
  expect(problems).toHaveLength(2)
  expect(problems.join('\n')).not.toContain('hunter2')
})

test('a described configuration has neither secrets nor credentials', () => {
  const config = readConfig(schema, { ...GOOD, MOORING_API_KEY: 'k'.repeat(32) })
  expect(describeConfig(schema, config)).toMatchObject({
    PORT: 8080,
    DATABASE_URL: 'postgres://db/mooring',
    MOORING_ENCRYPTION_KEY: '[set]',
    MOORING_API_KEY: '[set]',
  })
})

test.each(['127.0.0.1', '127.0.0.1:0', '::1:53', '[127.0.0.1]:53', '[::1]', 'a:53', '127.0.0.1:53,'])(
  'the DNS server address %s is refused',
  (value) => {
    expect(problemsOf({ ...GOOD, MOORING_DNS_SERVERS: value })).toHaveLength(1)
  },
)
