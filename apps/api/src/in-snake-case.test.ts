import { expect, it } from 'vitest'
import { inSnakeCase } from './in-snake-case.ts'

it('spells the keys of plain data, however deep, and dates as text', () => {
  const at = new Date('2026-11-20T12:00:00Z')
  const spelled = inSnakeCase({ checkedAt: at, dnsHost: null, checks: [{ nextStepId: 1, ok: true }], tags: ['aB'] })
  expect(spelled).toEqual({
    checked_at: '2026-11-20T12:00:00.000Z',
    dns_host: null,
    checks: [{ next_step_id: 1, ok: true }],
    tags: ['aB'],
  })
  expect(spelled.checks[0]?.next_step_id).toBe(1)
})
