import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CORPUS_RULES, targetCases } from '../../../../test/corpus/read-corpus.ts'
import { refusalOf } from '../edge/address-rules.ts'
import { registerDomain } from './register-domain.ts'
import { registrationSchema } from './registration.ts'
import { parseUpstream } from './target.ts'

const schema = registrationSchema(CORPUS_RULES)
const body = (fields: Record<string, unknown> = {}) => ({
  hostname: 'shop.example.com',
  target: { type: 'none' },
  ...fields,
})
const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`)
const complaints = (input: unknown) =>
  schema.safeParse(input).error?.issues.map((issue) => ({
    path: issue.path.join('.'),
    code: issue.code === 'custom' ? issue.params?.['code'] : issue.code,
  }))

describe('a target', () => {
  it.each(targetCases())('$why: $target.url', (expected) => {
    const { target } = expected
    if ('code' in expected) {
      expect(complaints(body({ target }))).toEqual([{ path: 'target.url', code: expected.code }])
    } else {
      expect(schema.parse(body({ target })).target).toEqual({ ...target, url: expected.url })
    }
  })

  it('that is accepted names an address an edge may connect to, or a name', () => {
    const host = fc.oneof(
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.ipV6().map((ip) => `[${ip}]`),
      fc.domain(),
    )
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        const answer = parseUpstream(`http://${name}:${port}`, CORPUS_RULES.addresses)
        if (!answer.ok) return
        expect(answer.value.port).toBe(port)
        if (answer.value.hostIsAddress) expect(refusalOf(answer.value.host, CORPUS_RULES.addresses)).toBeNull()
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a registration', () => {
  it('is refused when the record that proves ownership would not fit into DNS', () => {
    const long = (length: number) =>
      `${'a.'.repeat(4)}${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.`.padEnd(length - 4, 'e') + '.com'
    expect(complaints(body({ hostname: long(234) }))).toBeUndefined()
    expect(complaints(body({ hostname: long(235) }))).toEqual([{ path: 'hostname', code: 'HOSTNAME_TOO_LONG' }])
    // The asterisk is not part of the record's name.
    expect(complaints(body({ hostname: `*.${long(234)}` }))).toBeUndefined()
    // No record stands beside these names.
    for (const method of ['http', 'cname']) {
      expect(complaints(body({ hostname: long(251), verification: { method } }))).toBeUndefined()
    }
    expect(complaints(body({ hostname: `*.${long(231)}`, verification: { method: 'managed' } }))).toEqual([
      { path: 'hostname', code: 'HOSTNAME_TOO_LONG' },
    ])
  })

  it.each([
    [undefined, { method: 'txt', routing: true }],
    [{}, { method: 'txt', routing: true }],
    [{ routing: false }, { method: 'txt', routing: false }],
    [{ method: 'cname' }, { method: 'cname', routing: true }],
    [
      { method: 'http', routing: false },
      { method: 'http', routing: false },
    ],
  ])('with the verification %j is proved so: %j', (verification, expected) => {
    expect(schema.parse(body({ verification })).verification).toEqual(expected)
  })

  it.each([
    ['example.com', { method: 'cname' }, ['verification.method CNAME_AT_APEX']],
    ['*.example.com', { method: 'cname' }, ['verification.method CNAME_OF_WILDCARD']],
    ['*.example.com', { method: 'http' }, ['verification.method HTTP_OF_WILDCARD']],
    ['shop.example.com', { method: 'cname', routing: false }, ['verification.routing CNAME_ALWAYS_ROUTES']],
    [
      'example.com',
      { method: 'cname', routing: false },
      ['verification.method CNAME_AT_APEX', 'verification.routing CNAME_ALWAYS_ROUTES'],
    ],
    ['*.example.com', { method: 'txt' }, []],
    ['*.example.com', { method: 'managed' }, []],
    ['shop.example.com', { method: 'managed', routing: false }, ['verification.routing MANAGED_ALWAYS_ROUTES']],
    ['example.com', { method: 'http' }, []],
    ['shop.example.com', { method: 'dns' }, ['verification.method invalid_value']],
    ['shop.example.com', { method: 'TXT' }, ['verification.method invalid_value']],
    ['shop.example.com', { routing: 'false' }, ['verification.routing invalid_type']],
    ['shop.example.com', { method: 'txt', token: 'a'.repeat(5000) }, ['verification unrecognized_keys']],
    ['shop.example.com', null, ['verification invalid_type']],
  ])('of %s by %j is judged: %j', (hostname, verification, expected) => {
    const found = complaints(body({ hostname, verification })) ?? []
    expect(found.map(({ path, code }) => `${path} ${code}`)).toEqual(expected)
  })

  it('by a CNAME is refused where the edges’ own name leaves no room for the token', () => {
    const edge = {
      ...CORPUS_RULES.edge,
      hostname: `${'e'.repeat(63)}.${'f'.repeat(63)}.${'g'.repeat(63)}.${'h'.repeat(20)}.example`,
    }
    const narrow = registrationSchema({ ...CORPUS_RULES, edge })
    const issues = narrow.safeParse(body({ verification: { method: 'cname' } })).error?.issues
    expect(issues).toMatchObject([{ path: ['verification', 'method'], params: { code: 'CNAME_TARGET_TOO_LONG' } }])
  })

  it('with many faults is told all of them at once', () => {
    const wrong = {
      hostname: 'shop..example.com',
      target: { type: 'proxy', url: 'http://127.0.0.1', weight: 3 },
      verification: { method: 'http', routing: 'no' },
      tls: { mode: 'off' },
      priority: 'urgent',
      metadata: [],
      nonsense: true,
    }
    expect(complaints(wrong)).toEqual([
      { path: 'hostname', code: 'HOSTNAME_BAD_LABEL' },
      { path: 'target.url', code: 'TARGET_ADDRESS_FORBIDDEN' },
      { path: 'target', code: 'unrecognized_keys' },
      { path: 'verification.routing', code: 'invalid_type' },
      { path: 'metadata', code: 'invalid_type' },
      { path: 'priority', code: 'invalid_value' },
      { path: '', code: 'unrecognized_keys' },
    ])
  })

  it.each([[null], [[]], ['text'], [7]])('that is no object but %j is told so', (input) => {
    expect(complaints(input)).toEqual([{ path: '', code: 'invalid_type' }])
  })

  it('is told of rules between fields, too, whatever is wrong with the others', () => {
    const wrong = { hostname: '*.example.com', verification: { method: 'http' }, priority: 'urgent' }
    expect(complaints(body(wrong))).toEqual([
      { path: 'priority', code: 'invalid_value' },
      { path: 'verification.method', code: 'HTTP_OF_WILDCARD' },
    ])
  })

  it.each([
    { type: 'proxy', url: 'http://shop.example.com' },
    { type: 'redirect', url: 'https://SHOP.example.com/welcome' },
  ])('whose target is the hostname itself is a loop: $type', (target) => {
    expect(complaints(body({ target }))).toEqual([{ path: 'target.url', code: 'TARGET_LOOP' }])
  })

  it('is refused when the record that delegates the certificate’s proof would not fit into DNS', () => {
    const edge = { ...CORPUS_RULES.edge, challengeZone: 'acme.platform.example' }
    const codesOf = (length: number, routing: boolean) => {
      const long = `${'b'.repeat(63)}.`.repeat(3).padEnd(length - 4, 'e') + '.com'
      const input = body({ hostname: long, verification: { method: 'http', routing } })
      return registrationSchema({ ...CORPUS_RULES, edge })
        .safeParse(input)
        .error?.issues.map(({ path }) => path.join('.'))
    }
    expect(codesOf(237, false)).toBeUndefined()
    expect(codesOf(238, false)).toEqual(['hostname'])
    expect(codesOf(238, true)).toBeUndefined()
  })

  it('shares the certificate of a managed wildcard, and of nothing else', () => {
    const shared = (hostname: string, method: string) =>
      complaints(body({ hostname, verification: { method }, tls: { mode: 'auto', shared: true } }))
    const refused = [{ path: 'tls.shared', code: 'TLS_SHARED_NEEDS_MANAGED_WILDCARD' }]
    expect(shared('*.apps.example.com', 'managed')).toBeUndefined()
    expect(shared('*.apps.example.com', 'txt')).toEqual(refused)
    expect(shared('shop.apps.example.com', 'managed')).toEqual(refused)
    expect(complaints(body({ tls: { mode: 'auto', shared: false } }))).toMatchObject([{ path: 'tls.shared' }])
  })

  it.each([
    ['more than 16 kB', { text: 'x'.repeat(16_384) }, 'METADATA_TOO_LARGE'],
    ['33 levels', JSON.parse(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`), 'METADATA_TOO_DEEP'],
    ['half a million levels', { a: nested(500_000) }, 'METADATA_TOO_DEEP'],
    ['U+0000, which Postgres does not keep', { text: '\0' }, 'METADATA_BAD_CHARACTER'],
    ['half of a surrogate pair', { '\ud800': 1 }, 'METADATA_BAD_CHARACTER'],
  ])('with metadata of %s is refused', (_what, metadata, code) => {
    expect(complaints(body({ metadata }))).toEqual([{ path: 'metadata', code }])
  })

  it.each([{ note: '\\u0000 as text' }, { emoji: '⚓️' }, { nested: { list: [1, null, true] } }])(
    'keeps metadata as it came: %j',
    (metadata) => {
      expect(schema.parse(body({ metadata })).metadata).toEqual(metadata)
    },
  )

  it('becomes a domain with an unguessable token of its own that expires', () => {
    const now = new Date('2026-11-20T12:00:00Z')
    const clock = { now: () => now }
    const one = registerDomain(schema.parse(body()), { clock, tokenLifetimeMs: 60_000 })
    const other = registerDomain(schema.parse(body()), { clock, tokenLifetimeMs: 60_000 })
    expect(one).toMatchObject({ hostname: 'shop.example.com', tenant: 'default', lane: 'interactive', metadata: {} })
    expect(one.verification).toEqual({
      method: 'txt',
      routing: true,
      token: expect.stringMatching(/^[0-9a-f]{40}$/),
      issuedAt: now,
      expiresAt: new Date('2026-11-20T12:01:00Z'),
      previous: null,
    })
    expect(one.verification.token).not.toBe(other.verification.token)
  })
})
