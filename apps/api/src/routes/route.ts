import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
} from 'fastify'
import type { RawServerDefault } from 'fastify'
import type { Registry } from '@mooring/core'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { ApiDependencies } from '../dependencies.ts'
import type { DuePublisher } from '../publish-due.ts'
import type { ChangeRecorder } from '../record-change.ts'
import type { RouteChanges } from '../route-changes.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Asked again and again by machines: its answers are logged at `debug`. */
    isQuiet?: boolean
    /** Its answer goes on for as long as somebody reads: how long says nothing of how fast it was. */
    isStream?: boolean
  }
}

/** A Fastify scope whose handlers are typed by their zod schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** What routes work with: the dependencies, and what `buildApi` made of them. */
export interface RouteContext extends Omit<ApiDependencies, 'registry' | 'registryFor'>, DuePublisher, ChangeRecorder {
  /** What the caller may see of the registry: all of it, or one tenant's. The only way to domains there is here. */
  registryOf(request: Pick<FastifyRequest, 'principal'>): Registry
  changes: RouteChanges
}
