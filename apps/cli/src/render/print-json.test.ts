import { expect, test } from 'vitest'
import { printJson } from './print-json.ts'

test('keys are in snake_case and times RFC 3339, as the API writes them', () => {
  const text = printJson({ checkedAt: new Date(0), nextSteps: [{ dnsHost: null }] })
  expect(JSON.parse(text)).toEqual({ checked_at: '1970-01-01T00:00:00.000Z', next_steps: [{ dns_host: null }] })
})

test('is pure ASCII, so that no value commands a terminal, and reads back as it was', () => {
  const value = { observed: ['\x1b[31m\u009b31m\u202e日本😀\x7f'] }
  const text = printJson(value)
  expect(text).toMatch(/^[\n\x20-\x7e]*$/)
  expect(JSON.parse(text)).toEqual(value)
})
