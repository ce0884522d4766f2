import { AppError, type KeyBinding, type KeyCustody, type SealedKey } from '@mooring/core'
import { type RawBuilder, sql } from 'kysely'
import type { Database } from './database.ts'

const BATCH = 500

export interface Rewrap {
  /**
   * Wraps the keys of one batch of rows with the present key-encryption key, and begins again from the start after the
   * last row. Stored keys open throughout, before and after.
   */
  batch(): Promise<Rewrapped>
}

export interface Rewrapped {
  /** Keys that this batch wrapped anew. */
  rewrapped: number
  /** Keys that the present key does not wrap yet: counted at both ends of a round, less what was done in between. */
  remaining: number
  /** Whether every row was visited, and the next batch begins another round. */
  roundEnded: boolean
  /** Why keys of this round could not be wrapped anew, each reason once; they stay as they were. */
  complaints: Complaint[]
}

export interface Complaint {
  message: string
  keys: number
  /** One of the keys. */
  example: KeyBinding
}

/** A column of sealed keys. `owner` and `secret` are SQL that yields the binding each of its keys was sealed with. */
interface SealedColumn {
  table: string
  primaryKey: string
  column: string
  owner: string
  secret: string
}

/** Everything that is sealed with the key-encryption key. */
const SEALED: SealedColumn[] = [
  {
    table: 'acme_accounts',
    primaryKey: 'directory_url',
    column: 'sealed_key',
    ...ofRow('acme-account', 'directory_url'),
  },
  {
    table: 'acme_accounts',
    primaryKey: 'directory_url',
    column: 'next_sealed_key',
    ...ofRow('acme-account', 'directory_url'),
  },
  { table: 'dns_zones', primaryKey: 'id', column: 'sealed_credentials', owner: 'id', secret: `'dns-credentials'` },
  { table: 'certificates', primaryKey: 'id', column: 'sealed_key', owner: 'domain_id', secret: 'id' },
  { table: 'webhooks', primaryKey: 'id', column: 'sealed_secret', owner: 'id', secret: `'webhook-secret'` },
  { table: 'webhooks', primaryKey: 'id', column: 'previous_sealed_secret', owner: 'id', secret: `'webhook-secret'` },
  // Answers that are kept for a day, to be given again.
  { table: 'idempotency_keys', primaryKey: 'key', column: 'body', ...ofRow('idempotency', 'key') },
]

function ofRow(owner: string, secret: string): Pick<SealedColumn, 'owner' | 'secret'> {
  return { owner: `'${owner}'`, secret }
}

/** Where a round stands: rows of `SEALED[column]` up to the primary key `after` were visited. */
interface Round {
  column: number
  after: string
  remaining: number
  complaints: Map<string, Complaint>
}

/**
 * The rotation of the key-encryption key while everything runs. Each row says which key wraps it, so that a round is
 * begun anew after a crash and finds only what is left to do. A row is changed only if it still holds what was read, and
 * skipped while somebody else writes it: no worker waits for this, and none loses what it wrote; the next round sees it.
 */
export function createRewrap({ kysely }: Database, custody: KeyCustody, { rows = BATCH } = {}): Rewrap {
  let round: Round | null = null

  async function countRemaining(): Promise<number> {
    const counts = SEALED.map(
      ({ table, column }) =>
        sql`(select count(*) from ${sql.table(table)} where ${sql.ref(column)} ->> 'kek' <> ${custody.kek})`,
    )
    const result = await sql<{ remaining: number }>`select (${sql.join(counts, sql` + `)})::int as remaining`.execute(
      kysely,
    )
    return result.rows[0]?.remaining ?? 0
  }

  /** Every row of the page, also those with nothing to do: a statement's work stays the same however much was done. */
  async function readPage({ table, primaryKey, column, owner, secret }: SealedColumn, after: string): Promise<Row[]> {
    const [from, key, sealed] = [sql.table(table), sql.ref(primaryKey), sql.ref(column)]
    const { rows: page } = await sql<Row>`
      select ${key} as key, ${sql.raw(owner)} as "ownerId", ${sql.raw(secret)} as "secretId",
        case when ${sealed} ->> 'kek' <> ${custody.kek} then ${sealed} end as sealed
      from ${from} where ${key} > ${after} order by ${key} limit ${rows}`.execute(kysely)
    return page
  }

  async function replace(
    { table, primaryKey, column }: SealedColumn,
    changes: { key: string; old: SealedKey; new: SealedKey }[],
  ): Promise<number> {
    if (changes.length === 0) return 0
    const [into, key, sealed] = [sql.table(table), sql.ref(`t.${primaryKey}`), sql.ref(`t.${column}`)]
    const changed: RawBuilder<unknown> = sql`
      with ours as (
        select ${key} as key, given.new
        from ${into} t join jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as given (key text, old jsonb, new jsonb)
          on ${key} = given.key and ${sealed} = given.old
        for no key update of t skip locked
      )
      update ${into} t set ${sql.ref(column)} = ours.new from ours where ${key} = ours.key`
    return Number((await changed.execute(kysely)).numAffectedRows ?? 0)
  }

  return {
    async batch() {
      round ??= { column: 0, after: '', remaining: await countRemaining(), complaints: new Map() }
      const { complaints } = round
      const column = SEALED[round.column] as SealedColumn
      const page = await readPage(column, round.after)
      const rewrapped = await replace(
        column,
        page.flatMap((row) => rewrapRow(row, custody, complaints)),
      )

      round.remaining -= rewrapped
      round.after = page.at(-1)?.key ?? round.after
      if (page.length < rows) Object.assign(round, { column: round.column + 1, after: '' })
      const roundEnded = round.column === SEALED.length
      const remaining = roundEnded ? await countRemaining() : Math.max(round.remaining, 0)
      if (roundEnded) round = null
      return { rewrapped, remaining, roundEnded, complaints: [...complaints.values()] }
    },
  }
}

interface Row extends KeyBinding {
  key: string
  /** Null when there is nothing to do. */
  sealed: SealedKey | null
}

/** A key that does not open holds up no other: it is complained of, and stays as it is. */
function rewrapRow({ key, sealed, ownerId, secretId }: Row, custody: KeyCustody, complaints: Map<string, Complaint>) {
  if (sealed === null) return []
  const binding = { ownerId, secretId }
  try {
    const rewrapped = custody.rewrap(sealed, binding)
    return rewrapped === null ? [] : [{ key, old: sealed, new: rewrapped }]
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const known = complaints.get(error.message)
    complaints.set(error.message, {
      message: error.message,
      keys: (known?.keys ?? 0) + 1,
      example: known?.example ?? binding,
    })
    return []
  }
}
