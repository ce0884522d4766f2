import { EDGE_LIVE_MS } from '@mooring/core'
import { type RawBuilder, sql } from 'kysely'
import { milliseconds } from './due.ts'

/** Of a row `e` of `edges`, by the database's clock; false for one that was never heard of. */
export const edgeIsLive = (): RawBuilder<boolean> =>
  sql<boolean>`coalesce(e.last_seen_at > now() - ${milliseconds(EDGE_LIVE_MS)}, false)`
