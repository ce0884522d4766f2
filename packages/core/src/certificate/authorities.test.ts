import { describe, expect, it } from 'vitest'
import type { Authority } from '../ports.ts'
import { eligible } from './authorities.ts'
import { type AuthorityHealth, HEALTHY } from './circuit.ts'

const [first, second, third] = ['first', 'second', 'third'].map(
  (name): Authority => ({ name, accounts: [], limits: {} }),
)
const authorities = [first, second, third] as Authority[]
const DOWN: AuthorityHealth = { failures: 9, downSince: new Date(0), probeAt: new Date(0) }
const namesFor = (left: number | null, down: string[] = [], probed: string[] = []) =>
  eligible(authorities, {
    standingOf: (ca) => ({ health: down.includes(ca) ? DOWN : HEALTHY, isProbed: probed.includes(ca) }),
    left,
  }).map(({ name }) => name)

describe('where an order may go', () => {
  it('is to the preferred authority alone while all is well', () => {
    expect(namesFor(null)).toEqual(['first'])
    expect(namesFor(0.33)).toEqual(['first'])
  })

  it('is to the others for a launch while the preferred one is down', () => {
    expect(namesFor(null, ['first'])).toEqual(['second', 'third'])
    expect(namesFor(null, ['first', 'second'])).toEqual(['third'])
  })

  it('is nowhere yet for a renewal with time enough', () => {
    expect(namesFor(0.33, ['first'])).toEqual([])
  })

  it('is to the others as well below a quarter of the lifetime', () => {
    expect(namesFor(0.24)).toEqual(['first', 'second', 'third'])
    expect(namesFor(0.24, ['first'])).toEqual(['second', 'third'])
  })

  it('is to the one that is down first, for whoever probes it', () => {
    expect(namesFor(0.33, ['first'], ['first'])).toEqual(['first'])
    expect(namesFor(null, ['first'], ['first'])).toEqual(['first', 'second', 'third'])
  })

  it('is nowhere without an authority', () => {
    expect(eligible([], { standingOf: () => ({ health: HEALTHY, isProbed: false }), left: null })).toEqual([])
  })
})
