import { expect, it } from 'vitest'
import { reachOf } from './service-reach.ts'

const NONE = { applied: 0, pending: [], silent: [] }

it.each([
  ['no edge yet', NONE],
  ['on the only edge', { ...NONE, applied: 1 }],
  ['on all 3 edges', { ...NONE, applied: 3 }],
])('a service that nobody is behind with is %s', (text, edges) => {
  expect(reachOf(edges)).toEqual({ text, isComplete: true })
})

it.each([
  ['waiting for edge-a', { ...NONE, applied: 2, pending: ['edge-a'] }],
  ['edge-b not heard of', { ...NONE, applied: 2, silent: ['edge-b'] }],
  ['waiting for edge-a, edge-c; edge-b not heard of', { ...NONE, pending: ['edge-a', 'edge-c'], silent: ['edge-b'] }],
])('edges that do not have its last change are named: %s', (text, edges) => {
  expect(reachOf(edges)).toEqual({ text, isComplete: false })
})

it('of a hundred edges that lag, five are named and the others counted', () => {
  const pending = Array.from({ length: 100 }, (_, at) => `edge-${at}`)
  expect(reachOf({ ...NONE, pending }).text).toBe('waiting for edge-0, edge-1, edge-2, edge-3, edge-4 and 95 more')
})
