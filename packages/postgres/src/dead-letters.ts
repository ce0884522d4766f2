import type { DeadLetter, Page, Paged } from '@mooring/core'
import { sql } from 'kysely'
import { decodeCursor, pageOf } from './cursor.ts'
import type { Database } from './database.ts'

export interface StoredDeadLetter extends DeadLetter {
  id: number
  at: Date
}

export interface DeadLetters {
  insert(letter: DeadLetter): Promise<void>
  /** Newest first. */
  list(page: Page): Promise<Paged<StoredDeadLetter>>
}

export function createDeadLetters({ kysely }: Database): DeadLetters {
  return {
    async insert({ queue, code, detail, excerpt, bytes }) {
      await kysely
        .insertInto('dead_letters')
        .values({ queue, code, detail: storable(detail), excerpt: storable(excerpt), bytes })
        .execute()
    },

    async list({ limit, cursor }) {
      const before = cursor === null ? sql`true` : sql`id < ${decodeCursor(cursor, ['number'])[0]}`
      const { rows } = await sql<StoredDeadLetter>`
        select * from dead_letters where ${before} order by id desc limit ${limit + 1}`.execute(kysely)
      return pageOf(rows, limit, { item: (row) => row, place: ({ id }) => [id] })
    },
  }
}

// PostgreSQL's text has no NUL, and a letter that cannot be stored would come back for ever.
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD')
