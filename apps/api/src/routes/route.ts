import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
} from 'fastify'
import type { RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { ApiDependencies } from '../dependencies.ts'
import type { DuePublisher } from '../publish-due.ts'
import type { RouteChanges } from '../route-changes.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Asked again and again by machines: its answers are logged at `debug`. */
    isQuiet?: boolean
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
export interface RouteContext extends ApiDependencies, DuePublisher {
  changes: RouteChanges
}
