import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import pg from 'pg'

const SERVERS = '/usr/lib/postgresql'

/** A dump is read by programs of its server's major version; Debian keeps each version's in a folder of its own. */
async function programOf(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ server_version_num: string }>('show server_version_num')
  await client.end()
  const major = Math.floor(Number(rows[0]?.server_version_num) / 10_000)
  const program = join(SERVERS, String(major), 'bin', name)
  if (existsSync(program)) return program
  const found = existsSync(SERVERS) ? readdirSync(SERVERS).join(', ') : 'none'
  throw new Error(
    `Expected ${name} of PostgreSQL ${major} below ${SERVERS}; found versions: ${found}. Install postgresql.`,
  )
}

/** As docs/operating.md has it: the roles of the cluster, then the database. */
export async function backUp(url: string, files: { roles: string; dump: string }): Promise<void> {
  await execa(await programOf(url, 'pg_dumpall'), ['--roles-only', '--file', files.roles, '--dbname', url])
  await execa(await programOf(url, 'pg_dump'), ['--format=custom', '--file', files.dump, '--dbname', url])
}

/** Into a cluster that knows nothing of it; returns the URL of the database. */
export async function restoreInto(
  serverUrl: string,
  database: string,
  files: { roles: string; dump: string },
): Promise<string> {
  const psql = await programOf(serverUrl, 'psql')
  // The role that made the cluster is there already, which is one complaint.
  await execa(psql, ['--quiet', '--file', files.roles, '--dbname', serverUrl])
  await execa(psql, ['--quiet', '--command', `create database ${database}`, '--dbname', serverUrl])
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  await execa(await programOf(serverUrl, 'pg_restore'), ['--exit-on-error', '--dbname', url.href, files.dump])
  return url.href
}
