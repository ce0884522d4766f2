import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CORPUS_RULES, hostnameCases } from '../../../../test/corpus/read-corpus.ts'
import { isApex, parseHostname } from './hostname.ts'

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
      fc.tuple(text, fc.domain()).map(([a, b]) => `${a}.${b}`),
    )
    fc.assert(
      fc.property(name, (input) => {
        const answer = parse(input)
        if (!answer.ok) return
        expect(answer.value).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/)
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
  ])('%s is the top of its zone: %s', (name, expected) => {
    const answer = parse(name)
    expect(answer.ok && isApex(answer.value)).toBe(expected)
  })
})
