import { expect, test } from 'vitest'
import { EVENT_TYPE_NAMES, publicEventType } from './event-types.ts'

test.each(EVENT_TYPE_NAMES.filter((type) => type !== 'domain.certificate_issued'))('%s is told by its name', (type) => {
  expect(publicEventType({ type, data: {} })).toBe(type)
})

test('a certificate that was issued is told of its domain', () => {
  expect(publicEventType({ type: 'certificate.issued', data: {} })).toBe('domain.certificate_issued')
})

test.each(['domain.verifying', 'domain.provisioning_cert', 'domain.check_requested', 'ownership.rotated', 'toString'])(
  '%s stays inside',
  (type) => {
    expect(publicEventType({ type, data: {} })).toBeNull()
  },
)

test('a return from a suspension is told once, as domain.resumed', () => {
  expect(publicEventType({ type: 'domain.active', data: { from: 'suspended' } })).toBeNull()
  expect(publicEventType({ type: 'domain.resumed', data: {} })).toBe('domain.resumed')
})

test('a retry repeats nothing, but tells of a domain that is active by it', () => {
  const data = { from: 'failed', because: 'retry' }
  expect(publicEventType({ type: 'domain.verified', data })).toBeNull()
  expect(publicEventType({ type: 'domain.active', data })).toBe('domain.active')
})
