import { AppError, type Paged } from '@mooring/core'
import { type RawBuilder, sql } from 'kysely'

/**
 * Where a list goes on: the last row's place in the order, so that rows added meanwhile shift nothing. Opaque to
 * callers (base64url of a JSON array). Times are whole microseconds, as Postgres keeps them; a `Date` would lose three
 * digits, and with them rows.
 */
function encodeCursor(place: (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

const BAD_CURSOR = { path: 'cursor', code: 'CURSOR_INVALID', message: 'This is not a cursor of this list.' }

/** The place in a cursor, if it has the expected parts. Throws `INVALID`; a cursor comes from outside. */
export function decodeCursor<const Parts extends readonly ('text' | 'number')[]>(
  cursor: string,
  parts: Parts,
): { [Part in keyof Parts]: Parts[Part] extends 'text' ? string : number } {
  const place = parseJson(Buffer.from(cursor, 'base64url').toString('utf8'))
  const fits = Array.isArray(place) && place.length === parts.length && parts.every((part, i) => isPart(place[i], part))
  if (!fits) throw new AppError('INVALID', BAD_CURSOR.message, { facts: { errors: [BAD_CURSOR] } })
  return place as never
}

// Text goes to Postgres as a parameter, which may not contain NUL.
function isPart(value: unknown, part: 'text' | 'number'): boolean {
  if (part === 'text') return typeof value === 'string' && value.length <= 100 && !value.includes('\0')
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 52
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // Then no part of it fits, which is the answer.
  }
}

/** A page from one row more than it holds: the row too many says that there is a next page. */
export function pageOf<Row, Item>(
  rows: Row[],
  limit: number,
  { item, place }: { item: (row: Row) => Item; place: (row: Row) => (string | number)[] },
): Paged<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    data: shown.map(item),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(place(last)) : null,
  }
}

/**
 * For a statement that a page is made of: a number in its text, for a plan that is kept knows no parameter, and would be
 * made for a tenth of all rows. Of two sizes, or there would be as many statements; what is too much is cut off.
 */
export const pageLimit = (limit: number): RawBuilder<number> => sql.lit(limit <= 50 ? 51 : 201)

export const microsecondsOf = (time: RawBuilder<unknown>): RawBuilder<number> =>
  sql<number>`(extract(epoch from ${time}) * 1000000)::bigint`

export const timeOf = (microseconds: number): RawBuilder<Date> =>
  sql<Date>`(timestamptz 'epoch' + ${microseconds} * interval '1 microsecond')`
