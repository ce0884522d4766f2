/**
 * What the business needs from the outside world. Adapters implement these; each port with more than one
 * implementation has a contract suite in `test/contracts` that all of them pass.
 */
export * from './ports/access.ts'
export * from './ports/audit.ts'
export * from './ports/certificates.ts'
export * from './ports/claims.ts'
export * from './ports/dns-provider.ts'
export * from './ports/dns-zones.ts'
export * from './ports/domain-store.ts'
export * from './ports/edges.ts'
export * from './ports/event-stream.ts'
export * from './ports/http-probe.ts'
export * from './ports/job-queue.ts'
export * from './ports/notices.ts'
export * from './ports/operations.ts'
export * from './ports/registry.ts'
export * from './ports/resolver.ts'
export * from './ports/services.ts'
export * from './ports/tls-probe.ts'
export * from './ports/tracer.ts'
export * from './ports/traffic.ts'
export * from './ports/webhooks.ts'
