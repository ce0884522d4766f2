import { type Check, type CheckId, type Diagnosis, CHECK_IDS, reason } from '@mooring/core'
import { describe, expect, test } from 'vitest'
import { diagnosisPage } from './diagnosis-page.ts'
import { printPage } from './print-page.ts'

const HOSTNAME = 'shop.example.com'
const VALUE = `token=${'a1b2c3d4e5'.repeat(4)} expiry=2026-12-01T00:00:00.000Z`
const EDGE = 'edge.platform.example'
const narrow = { width: 80, columns: 80, unicode: true, colour: false }

const check = (id: CheckId, change: Partial<Check> = {}): Check => ({
  id,
  status: 'ok',
  reason: null,
  detail: 'as it has to be',
  ...change,
})
const checksWith = (...changed: Check[]): Check[] =>
  CHECK_IDS.map((id) => changed.find((each) => each.id === id) ?? check(id))

const missing = reason('DNS_TXT_MISSING', `There is no TXT record at _mooring-challenge.${HOSTNAME}.`)

const healthy: Diagnosis = {
  hostname: HOSTNAME,
  checkedAt: '2026-11-21T06:00:00.000Z',
  ok: true,
  reason: null,
  zone: {
    name: 'example.com',
    nameServers: ['ns1.example.net'],
    serial: 1,
    negativeTtlSeconds: 60,
    dnssec: 'unsigned',
  },
  dnsHost: null,
  checks: checksWith(),
  records: [{ type: 'CNAME', name: HOSTNAME, value: EDGE, purpose: 'routing', status: 'ok', observed: [EDGE] }],
  nextSteps: [],
}

const broken: Diagnosis = {
  ...healthy,
  ok: false,
  reason: missing,
  checks: checksWith(check('ownership', { status: 'problem', reason: missing, detail: missing.message })),
  records: [
    {
      type: 'TXT',
      name: `_mooring-challenge.${HOSTNAME}`,
      value: VALUE,
      purpose: 'ownership',
      status: 'missing',
      observed: [],
    },
    ...healthy.records,
  ],
  nextSteps: [
    { text: 'Sign in where the DNS of example.com is managed.', fields: [] },
    {
      text: 'Add this record:',
      fields: [
        { label: 'Type', value: 'TXT' },
        { label: 'Host', value: '_mooring-challenge.shop' },
        { label: 'Value', value: VALUE },
      ],
    },
  ],
}

const printed = (diagnosis: Diagnosis, terminal = narrow) =>
  printPage(diagnosisPage(diagnosis, 'Compared with options.'), terminal)

describe('a hostname with a record missing', () => {
  const text = printed(broken)

  test('says so first, in a sentence without jargon', () => {
    expect(text.split('\n')[0]).toBe('✗ shop.example.com: The TXT record that proves ownership is not there.')
  })

  test('says what to type, each field on a line of its own and nothing broken', () => {
    const rows = text.split('\n').map((row) => row.trim())
    expect(rows).toEqual(expect.arrayContaining(['Type    TXT', 'Host    _mooring-challenge.shop', 'Value', VALUE]))
  })

  test('shows what is needed beside what was found, with a word beside each sign', () => {
    expect(text).toContain('✗ missing TXT _mooring-challenge.shop.example.com')
    expect(text).toMatch(/found +nothing/)
    expect(text).toContain('✓ found   CNAME shop.example.com')
  })

  test('numbers the steps', () => {
    expect(text).toContain('1. Sign in where')
    expect(text).toContain('2. Add this record:')
  })

  test('fits 80 columns', () => {
    expect(text.split('\n').filter((row) => row.length > 80)).toEqual([])
  })

  test('is readable without Unicode', () => {
    const ascii = printed(broken, { ...narrow, unicode: false })
    expect(ascii).toMatch(/^[\n\x20-\x7e]*$/)
    expect(ascii).toContain('x missing TXT')
  })
})

describe('a hostname that is as it has to be', () => {
  test('has a headline that says so, and nothing to do', () => {
    const text = printed(healthy)
    expect(text).toMatch(/^✓ shop\.example\.com: All is well\./)
    expect(text).not.toContain('What to do')
  })

  test('is not called well when it was compared with nothing', () => {
    const unknown = checksWith(check('ownership', { status: 'skipped' }), check('routing', { status: 'skipped' }))
    expect(printed({ ...healthy, records: [], checks: unknown })).not.toContain('All is well')
  })
})

test('a hostname that cannot be judged is marked as such, with a step all the same', () => {
  const silent = reason('DNS_TIMEOUT', 'No DNS server answered in time.')
  const text = printed({
    ...healthy,
    ok: false,
    reason: silent,
    checks: checksWith(check('ownership', { status: 'unknown', reason: silent, detail: silent.message })),
    nextSteps: [{ text: 'Then look again.', fields: [] }],
  })
  expect(text).toMatch(/^\? shop\.example\.com: No DNS server answered in time\./)
  expect(text).toContain('1. Then look again.')
})

test('where not even the zone is found, this network is named as a cause', () => {
  expect(printed({ ...broken, zone: null })).toContain('may be out of reach from here')
  expect(printed(broken)).not.toContain('out of reach')
})

test('what a zone says cannot command the terminal, nor flood it', () => {
  const hostile = `\x1b]0;owned\x07\u202e${'x'.repeat(60_000)}`
  const text = printed({
    ...broken,
    records: broken.records.map((record) => ({ ...record, observed: [hostile] })),
    zone: null,
    checks: checksWith(check('zone', { detail: hostile })),
    nextSteps: [{ text: hostile, fields: [{ label: 'Value', value: hostile }] }],
  })
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect(text.length).toBeLessThan(6_000)
})
