import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE } from '../clock.ts'
import { reason } from '../reasons.ts'
import { bundleText } from './bundle-text.ts'
import { type Notice, topicOf } from './notice-group.ts'
import { noticeText, silencedText } from './notice-text.ts'

const notice = (facts: Partial<Notice>, code = 'DNS_TXT_MISSING', tenant = 'acme'): Notice => ({
  kind: 'first',
  topic: topicOf(code, { tenant, ca: 'letsencrypt', edge: 'edge-a' }),
  count: 1,
  lastedMs: 0,
  isUrgent: false,
  sample: {
    domainId: 'dom_1',
    hostname: 'shop.example.com',
    reason: reason('DNS_TXT_MISSING', 'token=s3cret is missing'),
  },
  ...facts,
})

describe('noticeText', () => {
  it('names the domain, what is wrong and who must act', () => {
    expect(noticeText(notice({}))).toBe(
      'shop.example.com: DNS_TXT_MISSING. The TXT record that proves ownership is not there. The customer must act. (dom_1)',
    )
  })

  it('counts the domains of a digest', () => {
    expect(noticeText(notice({ kind: 'digest', count: 46, lastedMs: 10 * MINUTE }))).toMatch(
      /^46 more domains: DNS_TXT_MISSING at acme in 10 min\. .* The latest: shop\.example\.com\.$/,
    )
    expect(noticeText(notice({ kind: 'digest', count: 1, lastedMs: 1400 }))).toMatch(/^1 more domain: .* in 1 s\./)
  })

  it('tells an end with what it was and how long it took', () => {
    expect(noticeText(notice({ kind: 'recovered', count: 47, lastedMs: 2 * HOUR }))).toBe(
      'recovered: DNS_TXT_MISSING at acme, 47 domains, after 2 h.',
    )
  })

  it('marks what is urgent', () => {
    const escalated = notice({ kind: 'escalated', count: 12, lastedMs: HOUR, isUrgent: true }, 'CA_UNAVAILABLE')
    expect(noticeText(escalated)).toMatch(/^\[urgent\] Not over after 1 h: CA_UNAVAILABLE at letsencrypt, 12 domains\./)
  })

  it('repeats nothing that a reason quotes', () => {
    for (const kind of ['first', 'digest', 'recovered', 'escalated'] as const) {
      expect(noticeText(notice({ kind }))).not.toContain('s3cret')
    }
  })

  it('passes on a code of a newer release', () => {
    expect(noticeText(notice({}, 'NEW_TROUBLE'))).toContain('NEW_TROUBLE. The dashboard says more.')
  })
})

describe('bundleText', () => {
  it('counts tenants and domains of each trouble, and loses none', () => {
    const many = Array.from({ length: 500 }, (_, index) => notice({ count: 20 }, 'DNS_TXT_MISSING', `t${index}`))
    const text = bundleText([...many, notice({ kind: 'recovered', count: 3 }, 'CA_UNAVAILABLE')])
    expect(text.split('\n')).toEqual([
      'DNS_TXT_MISSING at 500 tenants, 10,000 domains',
      'recovered: CA_UNAVAILABLE at letsencrypt, 3 domains',
      '(501 notices in one; the dashboard lists each.)',
    ])
  })

  it('stays short, with what is urgent first', () => {
    const kinds = Array.from({ length: 14 }, (_, index) => notice({ count: 100 - index }, `CODE_${index}`))
    const lines = bundleText([...kinds, notice({ isUrgent: true }, 'CERT_EXPIRING')]).split('\n')
    expect(lines).toHaveLength(12)
    expect(lines[0]).toMatch(/^\[urgent\] CERT_EXPIRING/)
    expect(lines[10]).toBe('and 5 more kinds of trouble')
  })
})

describe('silencedText', () => {
  it('says what a silence held back', () => {
    expect(silencedText(notice({}).topic, { domains: 340, notices: 3 })).toMatch(
      /^340 domains: DNS_TXT_MISSING at acme, held back by a silence that is over \(3 notices\)\./,
    )
  })
})
