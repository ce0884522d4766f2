import { HOLDING_PAGE } from '@mooring/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type NginxText,
  UnquotableError,
  accountText,
  endpointText,
  hostnameText,
  numberText,
  pageText,
  pathText,
  portSuffixText,
  serverNameText,
  serviceTlsNameText,
  serviceUpstreamText,
  tlsNameText,
  upstreamNameText,
  urlText,
  visitedNameText,
} from './nginx-quoting.ts'

const show = (text: NginxText): string => text.toHTML()

/** What nginx would make of a quoted token: it must end where the text ends, and hold no variable. */
const isOneSafeToken = (text: string): boolean => /^"[^"\\$\p{Cc}]*"$/u.test(text)

/** A token without quotes must hold nothing that nginx gives a meaning. */
const isOneBareToken = (text: string): boolean => /^(\*\.)?[A-Za-z0-9._:[\]-]+$/.test(text)

const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('"', "'", ';', '{', '}', '$', '\\', '\n', '\r', '\0', ' ', '#', '/', '.', 'a', '%', '\u2028'),
  }),
)

describe('quoting for nginx', () => {
  it('percent-encodes what a URL may hold and nginx would read as its own', () => {
    const url = new URL('https://www.example.org/a$b;c{d}\'e?f=$request_uri"g\\h#i')
    expect(show(urlText(url))).toBe('"https://www.example.org/a%24b%3Bc%7Bd%7D%27e?f=%24request_uri%22g%5Ch#i"')
  })

  it('leaves a plain URL as it is', () => {
    const href = 'https://www.example.org:8443/a/b.html?x=1&y=%20(z)!*+,=:@[1]~_-#top'
    expect(show(urlText(new URL(href)))).toBe(`"${href}"`)
  })

  it.each(['javascript:alert(1)', 'file:///etc/passwd', 'ftp://www.example.org/'])('refuses the URL %s', (href) => {
    expect(() => urlText(new URL(href))).toThrow(UnquotableError)
  })

  it('makes one token without variables of every URL there is', () => {
    fc.assert(
      fc.property(nasty, nasty, (path, query) => {
        const url = URL.parse(`https://www.example.org/${path}?${query}`)
        if (url !== null) expect(show(urlText(url))).toSatisfy(isOneSafeToken)
      }),
      { numRuns: 2000 },
    )
  })

  it('makes one token of a path or refuses it', () => {
    expect(show(pathText('/var/lib/mooring edge/größe-1'))).toBe('"/var/lib/mooring edge/größe-1"')
    fc.assert(
      fc.property(nasty, (text) => {
        const quoted = unlessRefused(() => pathText(`/${text}`))
        if (quoted !== null) expect(show(quoted)).toSatisfy(isOneSafeToken)
      }),
      { numRuns: 2000 },
    )
  })

  it('makes one bare token of a name, an address, an id or an account, or refuses it', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        for (const quote of [
          hostnameText,
          tlsNameText,
          upstreamNameText,
          serviceUpstreamText,
          serviceTlsNameText,
          accountText,
        ]) {
          const quoted = unlessRefused(() => quote(text))
          if (quoted !== null) expect(show(quoted)).toSatisfy(isOneBareToken)
        }
        const endpoint = unlessRefused(() => endpointText(text, 80))
        if (endpoint !== null) expect(show(endpoint)).toSatisfy(isOneBareToken)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    'a.example.com;',
    'A.example.com',
    'a.example.com.',
    '*.*.example.com',
    'a b.example.com',
    '$host',
    '',
    '_',
  ])('refuses %j as a hostname', (name) => {
    for (const quote of [hostnameText, serverNameText, visitedNameText]) {
      expect(() => quote(name)).toThrow(UnquotableError)
    }
  })

  it('takes a wildcard as a pattern of exactly one label, and its visitor by the name that was asked for', () => {
    expect(show(serverNameText('*.shop.example.com'))).toBe('~^[a-z0-9_-]+\\.shop\\.example\\.com$')
    expect(show(visitedNameText('*.shop.example.com'))).toBe('$host')
    expect([serverNameText, visitedNameText].map((quote) => show(quote('a.example.com')))).toEqual([
      'a.example.com',
      'a.example.com',
    ])
  })

  it('refuses a wildcard as the name of a target', () => {
    expect(() => tlsNameText('*.example.com')).toThrow(UnquotableError)
  })

  it('makes one token of a page of ours, and refuses one with a quote or a variable', () => {
    expect(show(pageText(HOLDING_PAGE)).replaceAll('\\n', '')).toSatisfy(isOneSafeToken)
    for (const page of ['', 'say "hi"', '$host', 'a\\b', 'größe', 'x'.repeat(3001)]) {
      expect(() => pageText(page)).toThrow(UnquotableError)
    }
  })

  it.each(['fe80::1%eth0', '1.2.3', '127.0.0.1;', 'localhost'])('refuses %j as an address', (address) => {
    expect(() => endpointText(address, 80)).toThrow(UnquotableError)
  })

  it.each([0, -1, 65_536, 1.5, Number.NaN])('refuses %d as a port', (port) => {
    expect(() => endpointText('127.0.0.1', port)).toThrow(UnquotableError)
    expect(() => portSuffixText(port, 443)).toThrow(UnquotableError)
  })

  it('refuses numbers that are not counts', () => {
    for (const value of [-1, 0.5, Number.NaN, 1e300]) expect(() => numberText(value)).toThrow(UnquotableError)
  })

  it('writes IPv6 endpoints in brackets and leaves out the usual port', () => {
    expect(show(endpointText('2001:db8::1', 8080))).toBe('[2001:db8::1]:8080')
    expect([show(portSuffixText(443, 443)), show(portSuffixText(8443, 443))]).toEqual(['', ':8443'])
  })
})

function unlessRefused(quote: () => NginxText): NginxText | null {
  try {
    return quote()
  } catch (error) {
    expect(error).toBeInstanceOf(UnquotableError)
    return null
  }
}
