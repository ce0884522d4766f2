import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CORPUS_RULES, hostnameCases } from '../../../../test/corpus/read-corpus.ts'
import { baseOf, covers, isApex, isWildcard, parseHostname, parseSingleHostname } from './hostname.ts'

const parse = (input: string) => parseHostname(input, CORPUS_RULES.hostnames)

describe('a hostname', () => {
  it.each(hostnameCases())('$why: $input', (expected) => {
    const answer = parse(expected.input)
    if ('code' in expected) expect(answer).toMatchObject({ ok: false, code: expected.code })
    else expect(answer).toEqual({ ok: true, value: expected.hostname })
  })

  it('is plain letters, digits, hyphens and dots once it is accepted, and its own normal form', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 })
    const name = fc.oneof(
      text,
      fc.domain(),
      fc.domain().map((domain) => `*.${domain}`),
      fc.tuple(text, fc.domain()).map(([a, b]) => `${a}.${b}`),
    )
    fc.assert(
      fc.property(name, (input) => {
        const answer = parse(input)
        if (!answer.ok) return
        expect(answer.value).toMatch(/^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/)
        expect(answer.value.length).toBeLessThanOrEqual(253)
        expect(parse(answer.value)).toEqual(answer)
        expect(new URL(`http://${answer.value}`).hostname).toBe(answer.value)
      }),
      { numRuns: 2000 },
    )
  })

  it('never differs from itself with an invisible character inside, for that is refused', () => {
    const invisible = fc.constantFrom('\u200b', '\u00ad', '\u2060', '\ufe0f', '\ufeff', '\u{e0100}', '\0', '\t')
    fc.assert(
      fc.property(fc.domain(), invisible, fc.nat(), (name, character, at) => {
        const place = at % (name.length + 1)
        const answer = parse(name.slice(0, place) + character + name.slice(place))
        expect(answer).toMatchObject({ ok: false, code: 'HOSTNAME_INVISIBLE_CHARACTER' })
      }),
    )
  })

  it.each([
    ['example.com', true],
    ['example.co.uk', true],
    ['www.example.com', false],
    ['shop.example.co.uk', false],
    ['*.example.com', false],
  ])('%s is the top of its zone: %s', (name, expected) => {
    const answer = parse(name)
    expect(answer.ok && isApex(answer.value)).toBe(expected)
  })

  it('has at most 253 characters with its asterisk', () => {
    const longest = `*.${['a', 'b', 'c'].map((letter) => letter.repeat(63)).join('.')}.${'d'.repeat(55)}.com`
    expect(longest).toHaveLength(253)
    expect(parse(longest)).toEqual({ ok: true, value: longest })
    expect(parse(longest.replace('.d', '.dd'))).toMatchObject({ ok: false, code: 'HOSTNAME_TOO_LONG' })
  })

  it('has the base that proves it, which is the name itself unless it is a wildcard', () => {
    const hostnames = ['*.shop.example.com', 'shop.example.com'].flatMap((name) => {
      const answer = parse(name)
      return answer.ok ? [answer.value] : []
    })
    expect(hostnames.map(baseOf)).toEqual(['shop.example.com', 'shop.example.com'])
    expect(hostnames.map(isWildcard)).toEqual([true, false])
  })

  it.each([
    ['*.example.com', 'shop.example.com', true],
    ['*.example.com', 'a_b.example.com', true],
    ['*.example.com', '*.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', '.example.com', false],
    ['*.example.com', 'a.shop.example.com', false],
    ['*.example.com', 'shop.example.org', false],
    ['*.example.com', 'shopexample.com', false],
    ['shop.example.com', 'shop.example.com', true],
    ['shop.example.com', 'a.shop.example.com', false],
  ])('%s covers %s: %s', (hostname, name, expected) => expect(covers(hostname, name)).toBe(expected))

  it('is never a wildcard where a single host is meant', () => {
    expect(parseSingleHostname('*.example.com')).toMatchObject({ ok: false, code: 'HOSTNAME_BAD_CHARACTER' })
  })
})
