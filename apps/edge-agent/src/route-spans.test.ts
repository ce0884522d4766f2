import { type NewSpan, type Route, type SpanFacts, type Tracer, newDomainId } from '@mooring/core'
import { expect, it } from 'vitest'
import { createRouteSpans } from './route-spans.ts'

interface Seen extends NewSpan {
  outcome: SpanFacts[string] | undefined
  failure: string | null
  ended: boolean
}

function aTracer(): { tracer: Tracer; seen: Seen[] } {
  const seen: Seen[] = []
  const tracer: Tracer = {
    start(span) {
      const one: Seen = { ...span, outcome: undefined, failure: null, ended: false }
      seen.push(one)
      return {
        traceparent: null,
        set: (facts) => void (one.outcome = facts['mooring.outcome']),
        fail: (why) => void (one.failure = why),
        end: () => void (one.ended = true),
      }
    },
    within: (_span, work) => work(),
  }
  return { tracer, seen }
}

const PARENT = `00-${'a'.repeat(32)}-${'1'.repeat(16)}-01`
const domainId = newDomainId()
const aRoute = (generation: number): Route => ({
  domainId,
  hostname: 'shop.example.com' as Route['hostname'],
  generation,
  variant: 'http',
  target: { type: 'none' },
  certificate: null,
})
const aReport = (generation: number, detail?: string) => ({
  generation,
  rejected: detail === undefined ? [] : [{ domainId, generation, detail }],
  server: 'built-in',
})

it('a traced route is seen from its arrival until its generation is proved', () => {
  const { tracer, seen } = aTracer()
  const spans = createRouteSpans(tracer, 'edge-1')
  spans.begin([aRoute(8)], { [domainId]: PARENT })
  spans.end(aReport(7))
  expect(seen).toMatchObject([{ parent: PARENT, ended: false }])
  spans.end(aReport(8))
  expect(seen).toMatchObject([{ outcome: 'served', failure: null, ended: true }])
})

it('a route that the edge refuses has failed with its reason', () => {
  const { tracer, seen } = aTracer()
  const spans = createRouteSpans(tracer, 'edge-1')
  spans.begin([aRoute(8)], { [domainId]: PARENT })
  spans.end(aReport(8, 'The key does not open.'))
  expect(seen).toMatchObject([{ outcome: 'rejected', failure: 'The key does not open.', ended: true }])
})

it('a newer generation takes the place of one that was not applied yet', () => {
  const { tracer, seen } = aTracer()
  const spans = createRouteSpans(tracer, 'edge-1')
  spans.begin([aRoute(8)], { [domainId]: PARENT })
  spans.begin([aRoute(9)], { [domainId]: PARENT })
  spans.end(aReport(9))
  expect(seen.map(({ outcome, ended }) => [outcome, ended])).toEqual([
    ['superseded', true],
    ['served', true],
  ])
})

it('a route that nobody traces is not seen', () => {
  const { tracer, seen } = aTracer()
  createRouteSpans(tracer, 'edge-1').begin([aRoute(8)], {})
  expect(seen).toEqual([])
})
