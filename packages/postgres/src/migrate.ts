import { readdir } from 'node:fs/promises'
import { AppError, type Log, SECOND } from '@mooring/core'
import { Kysely, PostgresDialect } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import pRetry from 'p-retry'
import pg from 'pg'
import { guardPool } from './database-errors.ts'

const FOLDER = new URL('../../../migrations/', import.meta.url)

/** Roles and their database may be started in any order: one that is first waits about this long, then gives up. */
const WAIT_FOR_DATABASE_MS = 30 * SECOND

/**
 * Applies what is pending, in one transaction, as the login role. Several processes may start together: Kysely takes
 * an advisory lock of the database, so that the first one migrates and the others then find nothing left to do. What a
 * newer release has applied is left as it is: migrations only add, and a process of this release may start again during
 * an upgrade, or after one that was taken back.
 *
 * Waits for a database that is not there yet; then throws `DATABASE_UNAVAILABLE`.
 */
export async function migrate(
  url: string,
  log?: Log,
  { waitMs = WAIT_FOR_DATABASE_MS }: { waitMs?: number } = {},
): Promise<void> {
  await pRetry(() => migrateOnce(url, log), {
    retries: 20,
    minTimeout: 0.5 * SECOND,
    maxTimeout: 2 * SECOND,
    maxRetryTime: waitMs,
    shouldRetry: ({ error }) => error instanceof AppError && error.code === 'DATABASE_UNAVAILABLE',
    onFailedAttempt({ error, attemptNumber }) {
      if (attemptNumber === 1) log?.warn({ err: error }, 'no database yet, waiting for it')
    },
  })
}

async function migrateOnce(url: string, log?: Log): Promise<void> {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'mooring-migrate',
    connectionTimeoutMillis: 5_000,
    // One for Kysely's transaction, one to look at what was applied while that holds the lock.
    max: 2,
  })
  // A connection that breaks fails its next query; unheard, its error would end the process.
  pool.on('error', (err) => log?.warn({ err }, 'database connection lost'))
  pool.on('connect', (client) => client.on('error', (err) => log?.debug({ err }, 'database connection broke')))
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: guardPool(pool) }) })
  try {
    const migrator = new Migrator({ db: kysely, provider: { getMigrations: () => knownMigrations(pool) } })
    const { error, results = [] } = await migrator.migrateToLatest()
    for (const { migrationName, status } of results) log?.info({ migration: migrationName, status }, 'migration')
    if (error !== undefined) throw error as Error
  } finally {
    await kysely.destroy()
  }
}

/** Ours, and those of a newer release by name alone: Kysely refuses a database with names that it does not know. */
async function knownMigrations(pool: pg.Pool): Promise<Record<string, Migration>> {
  const ours = await readMigrations()
  const { rows: tables } = await pool.query<{ there: boolean }>(
    `select to_regclass('kysely_migration') is not null as there`,
  )
  if (tables[0]?.there !== true) return ours
  const { rows } = await pool.query<{ name: string }>('select name from kysely_migration')
  const newest = Object.keys(ours).toSorted().at(-1) ?? ''
  const newer = rows.filter(({ name }) => name > newest).map(({ name }): [string, Migration] => [name, APPLIED])
  return { ...ours, ...Object.fromEntries(newer) }
}

const APPLIED: Migration = { up: () => Promise.reject(new Error('a migration of a newer release cannot run here')) }

async function readMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(FOLDER)).filter((file) => /^\d{4}_[a-z0-9_]+\.ts$/.test(file))
  const modules = files.map(async (file): Promise<[string, Migration]> => {
    return [file.replace(/\.ts$/, ''), (await import(new URL(file, FOLDER).href)) as Migration]
  })
  return Object.fromEntries(await Promise.all(modules))
}
