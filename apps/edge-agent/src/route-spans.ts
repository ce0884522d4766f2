import type { EdgeReport, Route, Span, Tracer } from '@mooring/core'

export interface RouteSpans {
  /** Routes arrived; `traces` has the traceparents of those that are traced, by domain. */
  begin(changed: readonly Route[], traces: Record<string, string>): void
  /** This is applied and proved. */
  end(report: EdgeReport): void
}

/** What is not applied for so long that this many wait is not told. */
const MOST = 1000

/**
 * One span for each traced route, in the trace of its launch: from its arrival until this edge has proved it. An apply
 * carries the routes of many launches, and each has the whole of it in its own trace.
 */
export function createRouteSpans(tracer: Tracer, edge: string): RouteSpans {
  const open = new Map<string, { span: Span; generation: number }>()

  return {
    begin(changed, traces) {
      for (const { domainId, hostname, generation, variant } of changed) {
        const parent = traces[domainId]
        if (parent === undefined) continue
        open.get(domainId)?.span.set({ 'mooring.outcome': 'superseded' })
        open.get(domainId)?.span.end()
        open.delete(domainId)
        if (open.size >= MOST) continue
        const facts = {
          'mooring.domain.id': domainId,
          'mooring.domain.hostname': hostname,
          'mooring.edge': edge,
          'mooring.generation': generation,
          'mooring.variant': variant,
        }
        open.set(domainId, { span: tracer.start({ name: 'edge apply', parent, facts }), generation })
      }
    },
    end({ generation, rejected }) {
      const refused = new Map(rejected.map(({ domainId, detail }) => [domainId, detail]))
      for (const [domainId, { span, generation: wanted }] of open) {
        if (wanted > generation) continue
        const detail = refused.get(domainId)
        span.set({ 'mooring.outcome': detail === undefined ? 'served' : 'rejected' })
        if (detail !== undefined) span.fail(detail)
        span.end()
        open.delete(domainId)
      }
    },
  }
}
