import type { SealedKey, WebhookTry } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { milliseconds } from './due.ts'
import type { Tables } from './tables.ts'
import type { Line } from './webhook-lines.ts'

/** A message in this process's hands until its line's lease ends. */
export interface OutgoingWebhook extends Line {
  id: string
  /** As it is sent. */
  body: Record<string, unknown>
  url: string
  /** With which it is signed: the present one, and during a rotation the one before. */
  sealedSecrets: SealedKey[]
  /** Tries since it was queued, this one included. */
  attempt: number
  token: number
}

/** What became of a try. */
export interface WebhookVerdict {
  kind: 'delivered' | 'failed' | 'gone'
  tried: WebhookTry
  requestHeaders: Record<string, string>
  /** Of a failure: when it is tried again; null gives it up. */
  delayMs: number | null
}

export interface WebhookOutbox {
  /**
   * Takes the first message of each line that is due, of webhooks that are not disabled: `perWebhook` at once of one that
   * is `proven`, one of any other, `limit` in all. Two processes never hold the same line.
   */
  claim(options: {
    limit: number
    perWebhook: number
    proven: readonly string[]
    leaseMs: number
  }): Promise<OutgoingWebhook[]>
  /** False when the lease was lost: somebody else has the line now, and the message may go out twice, under one id. */
  settle(message: OutgoingWebhook, verdict: WebhookVerdict): Promise<boolean>
  /** Back, untried. */
  release(message: OutgoingWebhook): Promise<void>
  /** Messages that were queued longer ago than this are forgotten, sent or not; how many. */
  prune(keptMs: number): Promise<number>
}

const TRIES_KEPT = 20
const PRUNED_AT_ONCE = 10_000
/** A webhook that was gone and is enabled again begins soon. */
const AFTER_GONE_MS = 1_000

export function createWebhookOutbox({ kysely }: Database): WebhookOutbox {
  return {
    claim: (options) =>
      kysely.transaction().execute(async (transaction) => {
        const lines = await leaseLines(transaction, options)
        const messages = await takeFirst(transaction, lines)
        const found = new Set(messages.map(keyOf))
        await dropLines(
          transaction,
          lines.filter((line) => !found.has(keyOf(line))),
        )
        return messages
      }),

    settle: (message, verdict) =>
      kysely.transaction().execute(async (transaction) => {
        if (!(await holdLine(transaction, message))) return false
        await write(transaction, message, verdict)
        if (verdict.kind === 'gone') await disable(transaction, message.webhookId)
        await goOn(transaction, message, verdict.kind === 'gone' ? AFTER_GONE_MS : verdict.delayMs)
        return true
      }),

    release: (message) =>
      kysely.transaction().execute(async (transaction) => {
        if (!(await holdLine(transaction, message))) return
        await sql`update webhook_deliveries set attempt = greatest(attempt - 1, 0) where id = ${message.id}`.execute(
          transaction,
        )
        await goOn(transaction, message, 0)
      }),

    async prune(keptMs) {
      const { numAffectedRows } = await sql`
        delete from webhook_deliveries where id in (
          select id from webhook_deliveries where queued_at < now() - ${milliseconds(keptMs)}
          order by queued_at limit ${PRUNED_AT_ONCE}
        )`.execute(kysely)
      return Number(numAffectedRows ?? 0)
    },
  }
}

interface LeasedLine extends Line {
  token: number
}

const keyOf = ({ webhookId, line }: Line): string => `${webhookId} ${line}`

async function leaseLines(
  kysely: Kysely<Tables>,
  { limit, perWebhook, proven, leaseMs }: Parameters<WebhookOutbox['claim']>[0],
): Promise<LeasedLine[]> {
  const { rows } = await sql<LeasedLine>`
    with open as (
      select w.id, case when w.id = any(${proven}) then ${perWebhook}::int else 1 end - (
        select count(*) from webhook_lines l where l.webhook_id = w.id and l.lease_until > now()
      ) as slots
      from webhooks w
      where w.disabled_at is null
    ), due as (
      select first.* from open, lateral (
        select l.webhook_id, l.line, l.next_run_at from webhook_lines l
        where l.webhook_id = open.id and l.next_run_at <= now() and (l.lease_until is null or l.lease_until <= now())
        order by l.next_run_at
        limit greatest(open.slots, 0)
        for no key update skip locked
      ) as first
      order by first.next_run_at
      limit ${limit}
    )
    update webhook_lines l
    set lease_token = l.lease_token + 1, lease_until = now() + ${milliseconds(leaseMs)}
    from due
    where l.webhook_id = due.webhook_id and l.line = due.line
    returning l.webhook_id as "webhookId", l.line, l.lease_token as token`.execute(kysely)
  return rows
}

/**
 * A statement of its own: with the snapshot of the one that took the lines, it could find a message that was settled in
 * between. Counted now, so that a process that dies counts too.
 */
async function takeFirst(kysely: Kysely<Tables>, lines: LeasedLine[]): Promise<OutgoingWebhook[]> {
  if (lines.length === 0) return []
  const { rows } = await sql<OutgoingWebhook>`
    update webhook_deliveries d set attempt = d.attempt + 1
    from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as given ("webhookId" text, line text, token bigint)
    cross join lateral (
      select id from webhook_deliveries e
      where e.webhook_id = given."webhookId" and e.line = given.line and e.status = 'pending'
      order by e.sequence limit 1
    ) as first
    join webhooks w on w.id = given."webhookId"
    where d.id = first.id
    returning d.id, d.webhook_id as "webhookId", d.line, d.body, d.attempt, given.token, w.url,
      case when w.previous_until > now() then jsonb_build_array(w.sealed_secret, w.previous_sealed_secret)
           else jsonb_build_array(w.sealed_secret) end as "sealedSecrets"`.execute(kysely)
  return rows
}

async function dropLines(kysely: Kysely<Tables>, lines: LeasedLine[]): Promise<void> {
  for (const { webhookId, line } of lines) {
    await sql`delete from webhook_lines where webhook_id = ${webhookId} and line = ${line}`.execute(kysely)
  }
}

/** The fence, and until the commit nobody adds to the line. */
async function holdLine(kysely: Kysely<Tables>, { webhookId, line, token }: OutgoingWebhook): Promise<boolean> {
  const { rows } = await sql`
    select from webhook_lines
    where webhook_id = ${webhookId} and line = ${line} and lease_token = ${token}
    for no key update`.execute(kysely)
  return rows.length === 1
}

async function write(
  kysely: Kysely<Tables>,
  { id }: OutgoingWebhook,
  { kind, tried, requestHeaders, delayMs }: WebhookVerdict,
): Promise<void> {
  const isOver = kind === 'delivered' || (kind === 'failed' && delayMs === null)
  await sql`
    update webhook_deliveries
    set tries = case when jsonb_array_length(tries) >= ${TRIES_KEPT} then tries - 0 else tries end
          || ${JSON.stringify(tried)}::jsonb,
        request_headers = ${JSON.stringify(requestHeaders)}::jsonb,
        status = ${isOver ? kind : 'pending'},
        settled_at = case when ${isOver}::boolean then now() end
    where id = ${id}`.execute(kysely)
}

const disable = (kysely: Kysely<Tables>, webhookId: string) =>
  sql`
    update webhooks set disabled_at = now(), disabled_because = 'gone', updated_at = now()
    where id = ${webhookId} and disabled_at is null`.execute(kysely)

/** The next of the line at once; the same one again after `delayMs`; the line ends with its last message. */
async function goOn(kysely: Kysely<Tables>, { id, webhookId, line }: OutgoingWebhook, delayMs: number | null) {
  const { rows } = await sql<{ id: string }>`
    select id from webhook_deliveries
    where webhook_id = ${webhookId} and line = ${line} and status = 'pending'
    order by sequence limit 1`.execute(kysely)
  const [first] = rows
  const own = sql`webhook_id = ${webhookId} and line = ${line}`
  if (first === undefined) return sql`delete from webhook_lines where ${own}`.execute(kysely)
  const wait = milliseconds(first.id === id ? (delayMs ?? 0) : 0)
  return sql`update webhook_lines set lease_until = null, next_run_at = now() + ${wait} where ${own}`.execute(kysely)
}
