import { describe, expect, it } from 'vitest'
import { MINUTE } from '../clock.ts'
import { type Reason, reason } from '../reasons.ts'
import type { Notice } from './group-failures.ts'
import { noticeText } from './notice-text.ts'

const notice = (
  facts: Partial<Notice>,
  because: Reason = reason('DNS_TXT_MISSING', 'token=s3cret is missing'),
): Notice => ({
  kind: 'first',
  groupKey: because.code,
  count: 1,
  gatheredMs: 0,
  sample: { groupKey: because.code, domainId: 'dom_1', hostname: 'shop.example.com', reason: because },
  ...facts,
})

describe('noticeText', () => {
  it('names the domain, what is wrong and who must act', () => {
    expect(noticeText(notice({}))).toBe(
      'shop.example.com: DNS_TXT_MISSING. The TXT record that proves ownership is not there. The customer must act. (dom_1)',
    )
  })

  it('counts the domains of a digest', () => {
    expect(noticeText(notice({ kind: 'digest', count: 46, gatheredMs: 10 * MINUTE }))).toMatch(
      /^46 more domains: DNS_TXT_MISSING in 10 min\. .* The latest: shop\.example\.com\.$/,
    )
    expect(noticeText(notice({ kind: 'digest', count: 1, gatheredMs: 1400 }))).toMatch(/^1 more domain: .* in 1 s\./)
  })

  it('repeats nothing that a reason quotes', () => {
    expect(noticeText(notice({}))).not.toContain('s3cret')
  })

  it('passes on a code of a newer release', () => {
    const newer = { code: 'NEW_TROUBLE', message: '', actor: 'nobody' } as unknown as Reason
    expect(noticeText(notice({}, newer))).toContain('NEW_TROUBLE. The dashboard says more.')
  })
})
