import { type DomainView, newMessageId, publicEventType, type StreamedEvent, type StreamPlace } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { readStream } from './event-stream.ts'
import { viewDomains } from './listing.ts'
import type { Tables } from './tables.ts'
import { holdLines } from './webhook-lines.ts'
import type { WebhookRow } from './webhook-rows.ts'

export interface WebhookFanOut {
  /** Turns one batch of events into deliveries, each exactly once, whoever else does the same or dies in the middle. */
  batch(): Promise<{ written: number; isEnd: boolean }>
  /**
   * After a restore into another cluster, whose transactions are counted anew: what the old one wrote is put before
   * everything, in the order of its ids. To be called before the first batch; it goes on where it was interrupted.
   */
  repair(): Promise<void>
}

/** What is sent of an event: the body's `data`. */
export type Describe = (event: StreamedEvent, domain: DomainView) => Record<string, unknown>

const BATCH = 500
const REPAIRED_AT_ONCE = 10_000

export function createWebhookFanOut({ kysely }: Database, describe: Describe): WebhookFanOut {
  return {
    batch: () =>
      kysely.transaction().execute(async (transaction) => {
        const place = await holdCursor(transaction)
        if (place === null || (await skipUnheard(transaction))) return { written: 0, isEnd: true }
        const { events, next, isEnd } = await readStream(transaction, place, BATCH)
        // After the events: whoever made a webhook before one of them has committed it by now.
        const webhooks = await readWebhooks(transaction)
        const messages = await describeAll(transaction, addressed(events, webhooks), describe)
        await write(transaction, messages)
        await forgetErased(transaction, events)
        await moveCursor(transaction, place, next, events.length)
        return { written: messages.length, isEnd }
      }),

    async repair() {
      await kysely.transaction().execute(stepBack)
      for (;;) {
        const { numAffectedRows } = await sql`
          update events set tx = null where id in (
            select id from events where tx is not null and id <= ${LAST_FOREIGN}
            order by id limit ${REPAIRED_AT_ONCE}
          )`.execute(kysely)
        if (Number(numAffectedRows ?? 0) < REPAIRED_AT_ONCE) return
      }
    },
  }
}

/** Null while another process is at it. */
async function holdCursor(kysely: Kysely<Tables>): Promise<StreamPlace | null> {
  const { rows } = await sql<StreamPlace>`
    select tx::text::bigint as tx, id from webhook_cursor for update skip locked`.execute(kysely)
  return rows[0] ?? null
}

async function moveCursor(kysely: Kysely<Tables>, from: StreamPlace, to: StreamPlace, read: number): Promise<void> {
  // The end moves on with every transaction of anybody: not worth a write.
  if (read === 0 && from.tx > 0) return
  await sql`update webhook_cursor set tx = ${String(to.tx)}::xid8, id = ${to.id}`.execute(kysely)
}

/**
 * While nobody listens, events are passed over. One statement, so that it sees of one moment that there is no webhook and
 * how far everything is over: whoever makes one later hears of all that comes after it.
 */
async function skipUnheard(kysely: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{ unheard: boolean }>`
    with unheard as (
      select not exists (select from webhooks) as unheard
    ), moved as (
      update webhook_cursor c set tx = pg_snapshot_xmin(pg_current_snapshot()), id = 0
      from unheard
      where unheard.unheard and exists (select from events e where (e.tx, e.id) > (c.tx, c.id))
    )
    select unheard from unheard`.execute(kysely)
  return rows[0]?.unheard === true
}

type Listening = Pick<WebhookRow, 'id' | 'tenant' | 'types'> & { hearsFrom: number }

async function readWebhooks(kysely: Kysely<Tables>): Promise<Listening[]> {
  const { rows } = await sql<Listening>`
    select id, tenant, types, hears_from::text::bigint as "hearsFrom" from webhooks order by id
    for key share`.execute(kysely)
  return rows
}

interface Addressed {
  event: StreamedEvent
  type: string
  webhookId: string
}

/** A disabled webhook's messages wait for it. */
function addressed(events: readonly StreamedEvent[], webhooks: readonly Listening[]): Addressed[] {
  return events.flatMap((event) => {
    const type = publicEventType(event)
    if (type === null) return []
    return webhooks
      .filter(({ tenant }) => tenant === null || tenant === event.tenant)
      .filter(({ types }) => types === null || types.includes(type))
      .filter(({ hearsFrom }) => event.place.tx >= hearsFrom)
      .map(({ id }) => ({ event, type, webhookId: id }))
  })
}

interface Message {
  id: string
  webhookId: string
  line: string
  sequence: number
  type: string
  body: string
}

/** With the domain as it is now; one that is gone by now is nothing to tell of any more. */
async function describeAll(
  kysely: Kysely<Tables>,
  wanted: readonly Addressed[],
  describe: Describe,
): Promise<Message[]> {
  const views = await viewDomains(kysely, [...new Set(wanted.map(({ event }) => event.domainId))])
  const viewOf = new Map(views.map((view) => [view.domain.id, view]))
  return wanted.flatMap(({ event, type, webhookId }) => {
    const view = viewOf.get(event.domainId)
    if (view === undefined) return []
    const body = JSON.stringify({ type, timestamp: event.at.toISOString(), data: describe(event, view) })
    return [{ id: newMessageId(), webhookId, line: event.domainId, sequence: event.id, type, body }]
  })
}

/** What is there already stays: after a repair, events are read a second time. */
async function write(kysely: Kysely<Tables>, messages: readonly Message[]): Promise<void> {
  if (messages.length === 0) return
  await holdLines(kysely, messages)
  await sql`
    insert into webhook_deliveries (id, webhook_id, line, sequence, type, body)
    select id, "webhookId", line, sequence, type, body::json
    from jsonb_to_recordset(${JSON.stringify(messages)}::jsonb)
      as given (id text, "webhookId" text, line text, sequence bigint, type text, body text)
    on conflict (webhook_id, line, sequence) do nothing`.execute(kysely)
}

/** What a person typed of the domain is forgotten here as well; see `erase.ts`. */
async function forgetErased(kysely: Kysely<Tables>, events: readonly StreamedEvent[]): Promise<void> {
  const erased = events.flatMap(({ type, domainId }) => (type === 'domain.erased' ? [domainId] : []))
  if (erased.length === 0) return
  await sql`
    update webhook_deliveries
    set body = (body::jsonb #- '{data,domain,metadata}' #- '{data,domain,target}'
                            #- '{data,facts,metadata}' #- '{data,facts,target}')::json
    where line = any(${erased})`.execute(kysely)
}

/** No transaction of this cluster has had this number: what bears it, or a higher one, is from elsewhere. */
const UNHEARD_OF = sql`pg_snapshot_xmax(pg_current_snapshot())`

/** The last event from elsewhere: up to it, all are. Null when none is. */
const LAST_FOREIGN = sql`(select max(id) from events where tx >= ${UNHEARD_OF})`

/** The cursor goes to where it was among the ids: before the first event that it had not come to. */
async function stepBack(kysely: Kysely<Tables>): Promise<void> {
  await sql`
    with held as (
      select tx, id from webhook_cursor for update
    ), foreigners as (
      select min(events.id) filter (where (events.tx, events.id) > (held.tx, held.id)) as unread, max(events.id) as last
      from events, held
      where events.tx is not null and events.id <= ${LAST_FOREIGN}
    )
    update webhook_cursor
    set tx = '0', id = least(
      case when held.tx = '0' then held.id end,
      coalesce(foreigners.unread - 1, foreigners.last, held.id)
    )
    from held, foreigners
    where held.tx >= ${UNHEARD_OF} or foreigners.last is not null`.execute(kysely)
  await sql`update webhooks set hears_from = '0' where hears_from >= ${UNHEARD_OF}`.execute(kysely)
}
