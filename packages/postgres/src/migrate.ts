import { readdir } from 'node:fs/promises'
import type { Log } from '@mooring/core'
import { Kysely, PostgresDialect } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import pg from 'pg'
import { guardPool } from './database-errors.ts'

const FOLDER = new URL('../../../migrations/', import.meta.url)

/**
 * Applies what is pending, in one transaction, as the login role. Several processes may start together: Kysely takes
 * an advisory lock of the database, so that the first one migrates and the others then find nothing left to do.
 */
export async function migrate(url: string, log?: Log): Promise<void> {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'mooring-migrate',
    connectionTimeoutMillis: 5_000,
    max: 1,
  })
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: guardPool(pool) }) })
  try {
    const migrator = new Migrator({ db: kysely, provider: { getMigrations: readMigrations } })
    const { error, results = [] } = await migrator.migrateToLatest()
    for (const { migrationName, status } of results) log?.info({ migration: migrationName, status }, 'migration')
    if (error !== undefined) throw error as Error
  } finally {
    await kysely.destroy()
  }
}

async function readMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(FOLDER)).filter((file) => /^\d{4}_[a-z0-9_]+\.ts$/.test(file))
  const modules = files.map(async (file): Promise<[string, Migration]> => {
    return [file.replace(/\.ts$/, ''), (await import(new URL(file, FOLDER).href)) as Migration]
  })
  return Object.fromEntries(await Promise.all(modules))
}
