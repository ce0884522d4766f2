import type { RouteIntent } from '@mooring/core'
import { type RawBuilder, sql } from 'kysely'

/** Whether the name is served by this domain's route from then on. */
export const publishes = (route: RouteIntent | null): RawBuilder<boolean> =>
  sql<boolean>`${route !== null && route !== 'removed'}::boolean`

/**
 * Of a row of `domains`: the generation in which its route was removed before it is to be removed, or null. The claim
 * that took the name over did that; there is nothing to tell the edges again, and that generation is the one to wait for.
 */
export const removedAlreadyAt = (route: RouteIntent | null): RawBuilder<number | null> => sql<number | null>`
  case when ${route}::text = 'removed' then (
    select generation from routes where routes.domain_id = domains.id and routes.variant = 'removed'
  ) end`

/** Variant, target and certificate of the route, from a row of `domains`. A domain without a certificate holds over HTTP. */
export const routeColumns = (route: RouteIntent | null): RawBuilder<unknown> => sql`
  case when ${route}::text <> 'holding' then ${route}::text when certificate_id is null then 'http' else 'https' end,
  case when ${route}::text = 'holding' then '{"type": "holding"}'::jsonb else target end,
  case when ${route}::text in ('https', 'holding') then certificate_id end`
