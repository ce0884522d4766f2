import { type Database, openDatabase } from '@mooring/postgres'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { Running } from './provide.ts'
import { type Postgres, type TestDatabase, createTestDatabase, startPostgres } from './postgres.ts'

/** A PostgreSQL for the test file, and an empty, migrated database for each of its tests. */
export function usePostgres(): {
  database(): Database
  /** Connections of another process to the same database. */
  openAnother(): Database
  /** A connection of nobody's, for a lock in the way of others; whatever a test that fails leaves open ends with the test. */
  connect(): Promise<pg.Client>
  /** Runs a statement as a role that may do anything. */
  asSuperuser(statement: string): Promise<void>
} {
  let server: Running<Postgres>
  let fresh: TestDatabase
  let opened: Database[] = []
  let connected: pg.Client[] = []
  const open = () => {
    const database = openDatabase({ url: fresh.url, log: SILENT })
    opened.push(database)
    return database
  }

  beforeAll(async () => {
    server = await startPostgres()
  })
  beforeEach(async () => {
    fresh = await createTestDatabase(server)
    open()
  })
  afterEach(async () => {
    await Promise.all(connected.map((client) => client.end()))
    connected = []
    await Promise.all(opened.filter(({ pool }) => !pool.ending).map((database) => database.close()))
    opened = []
    await fresh.drop()
  })
  afterAll(() => server.stop())
  return {
    database: () => opened[0] as Database,
    openAnother: open,
    async connect() {
      const client = new pg.Client(fresh.url)
      connected.push(client)
      await client.connect()
      return client
    },
    async asSuperuser(statement) {
      const client = new pg.Client(fresh.url)
      await client.connect()
      await client.query(statement).finally(() => client.end())
    },
  }
}

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
