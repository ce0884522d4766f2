import { expect, it } from 'vitest'
import { printPage } from './print-page.ts'
import { watchPage } from './watch-page.ts'

const START = '2026-11-21T12:00:00Z'
const DOMAIN = {
  id: 'dom_1',
  hostname: 'shop.example.com',
  state: 'verifying',
  reason: { code: 'DNS_TXT_MISSING', message: 'There is no TXT record.', actor: 'customer' },
  target: { type: 'none' },
  next_check_at: '2026-11-21T12:01:32Z',
  created_at: START,
  verification: { http: null },
  dns: {
    records: [
      { type: 'TXT', name: '_m.shop.example.com', value: 'token=1', status: 'mismatch', observed: ['token=2'] },
      { type: 'CNAME', name: 'shop.example.com', value: 'edge.example', status: 'ok', observed: ['edge.example'] },
    ],
  },
}
const EVENTS = [
  { at: '2026-11-21T12:00:07Z', type: 'domain.action_required', data: { reason: { code: 'DNS_TXT_MISSING' } } },
  { at: START, type: 'domain.created', data: {} },
]

it('a launch is shown with its time, its way, its records and what happened', () => {
  const page = watchPage({ domain: DOMAIN, events: EVENTS }, new Date('2026-11-21T12:01:07Z'))
  expect(
    printPage(page, { width: 80, columns: 80, unicode: true, colour: false }),
  ).toBe(`shop.example.com  1:07  next look in 25 s
pending › verifying › verified › provisioning_cert › active
There is no TXT record. (DNS_TXT_MISSING)

Records
  mismatch  TXT   _m.shop.example.com
    Value   token=1
    Found   token=2
  ok        CNAME shop.example.com

What happened
  0:00  domain.created
  0:07  domain.action_required  DNS_TXT_MISSING
`)
})

it('a domain that is served needs no records any more', () => {
  const domain = { ...DOMAIN, state: 'active', reason: null }
  const shown = printPage(watchPage({ domain, events: [] }, new Date('2027-11-21T12:00:00Z')), {
    width: 80,
    columns: 80,
    unicode: false,
    colour: false,
  })
  expect(shown).toBe('shop.example.com  365 d\npending > verifying > verified > provisioning_cert > active\n')
})
