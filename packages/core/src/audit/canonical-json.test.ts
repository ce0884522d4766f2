import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

it('orders fields by their code units, numbers and all, at every depth', () => {
  // RFC 8785 §3.2.3: the sorting test, but for its control character.
  expect(canonicalJson({ '€': 1, '10': 2, '9': 3, '😂': 4, '\ufb33': 5, ö: [{ b: 1, a: null }] })).toBe(
    '{"10":2,"9":3,"ö":[{"a":null,"b":1}],"€":1,"😂":4,"\ufb33":5}',
  )
})

it('spells numbers and strings as ECMAScript does (RFC 8785 §3.2.2)', () => {
  expect(canonicalJson([333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001])).toBe(
    '[333333333.3333333,1e+30,4.5,0.002,1e-27]',
  )
  expect(canonicalJson('€$\u000f\nA\'B"\\')).toBe('"€$\\u000f\\nA\'B\\"\\\\"')
})

it('is the same for equal values, whatever they came through', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value)
      expect(canonicalJson(JSON.parse(text))).toBe(text)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})
