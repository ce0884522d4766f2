import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CUSTOMER_TOPICS, type CustomerMessage } from '@mooring/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCustomerTemplates } from './customer-templates.ts'

const message = (facts: Partial<CustomerMessage> = {}): CustomerMessage => ({
  topic: 'records_to_add',
  locale: 'en',
  tenant: 'acme',
  domains: [
    {
      hostname: 'shop.example.com',
      records: [{ type: 'CNAME', name: 'shop.example.com', value: 'edge.platform.example' }],
      deadline: '2026-11-28',
      trouble: 'A CAA record forbids the certificate authority.',
    },
  ],
  unsubscribeUrl: 'https://mooring.example/unsubscribe/con_1.left.x',
  ...facts,
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-templates-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('openCustomerTemplates', () => {
  it.each(CUSTOMER_TOPICS)('has a mail for %s, with a subject, the name and the way to end it', (topic) => {
    const { subject, text, html } = openCustomerTemplates().render(message({ topic }))
    expect(subject).toMatch(/^shop\.example\.com: /)
    expect(text).toContain('Hello,')
    expect(text).toContain('https://mooring.example/unsubscribe/')
    expect(html).toContain('<a href="https://mooring.example/unsubscribe/')
    expect(text).not.toMatch(/undefined|\[object|\{\{/)
  })

  it('shows each record to add and until when', () => {
    const { text } = openCustomerTemplates().render(message())
    expect(text).toMatch(/CNAME {2}shop\.example\.com\n\s+edge\.platform\.example\n {2}Until: 2026-11-28/)
  })

  it('lists many domains under one subject', () => {
    const [domain] = message().domains
    const domains = [1, 2, 3].map(
      (n) => ({ ...domain, hostname: `n${n}.example.com` }) as CustomerMessage['domains'][0],
    )
    const { subject, text } = openCustomerTemplates().render(message({ topic: 'leaving', domains }))
    expect(subject).toBe('3 domains: leaving')
    expect(text).toMatch(/n1\.example\.com[^]*n2\.example\.com[^]*n3\.example\.com/)
  })

  it('lets nothing become markup', () => {
    writeFileSync(join(folder, 'left.hbs'), 'Bye\n{{tenant}}')
    const { text, html } = openCustomerTemplates(folder).render(message({ topic: 'left', tenant: '<b>&' }))
    expect(text).toBe('<b>&\n')
    expect(html).toContain('&lt;b&gt;&amp;')
  })

  it('takes the operator’s words and languages, and ours for the rest', () => {
    writeFileSync(join(folder, 'left.hbs'), 'Gone\nOurs.')
    writeFileSync(join(folder, 'left.de.hbs'), 'Weg\n{{hostname}} ist weg.')
    writeFileSync(join(folder, 'unknown.hbs'), '{{#broken')
    const { render } = openCustomerTemplates(folder)
    expect(render(message({ topic: 'left' })).subject).toBe('Gone')
    expect(render(message({ topic: 'left', locale: 'de-AT' }))).toMatchObject({
      subject: 'Weg',
      text: 'shop.example.com ist weg.\n',
    })
    expect(render(message({ topic: 'leaving', locale: 'de' })).subject).toBe('shop.example.com: leaving')
  })

  it('refuses at the start what does not compile', () => {
    writeFileSync(join(folder, 'left.hbs'), '{{#if}')
    expect(() => openCustomerTemplates(folder)).toThrow('left.hbs is not valid Handlebars')
  })
})
