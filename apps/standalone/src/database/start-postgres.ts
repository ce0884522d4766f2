import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '@mooring/runtime'
import { freePort } from '../ports.ts'
import { readPidFile } from './postmaster-pid.ts'
import type { PostgresPlace } from './postgres-place.ts'
import type { PostgresUser } from './postgres-user.ts'

export interface RunningPostgres {
  /** `postgres://…` of a superuser; the processes act as `mooring_app` all the same. */
  url: string
  stop(): Promise<void>
}

interface Options {
  place: PostgresPlace
  user: PostgresUser
  password: string
  /** What PostgreSQL prints goes to the end of this file. */
  logFile: string
  log: Logger
}

const START_MS = 60_000
const STOP_MS = 15_000
const SUPERUSER = 'mooring'

/**
 * A PostgreSQL of one's own on a free loopback port: makes the cluster on first use, ends one that was left running by
 * a process that was killed, and recovers what that one had committed.
 */
export async function startPostgres(options: Options): Promise<RunningPostgres> {
  const { place } = options
  await endOrphan(options)
  if ((await readFile(join(place.data, 'PG_VERSION')).catch(() => null)) === null) await makeCluster(options)

  const port = await freePort()
  const child = await spawnPostgres(options, port)
  // Whatever ends this process, by a second Ctrl-C or a fault, ends the database with it; it recovers at the next start.
  const endWithUs = () => void child.kill('SIGQUIT')
  process.on('exit', endWithUs)
  child.once('exit', (code, signal) => {
    process.off('exit', endWithUs)
    options.log.info({ code, signal }, 'PostgreSQL ended')
  })
  await becomesReady(child, options)
  return {
    url: `postgres://${SUPERUSER}:${options.password}@127.0.0.1:${port}/postgres`,
    async stop() {
      await end(child)
    },
  }
}

/** Into a draft that is renamed when it is whole: a start that is killed here is simply repeated by the next. */
async function makeCluster({ place, user, password, logFile }: Options): Promise<void> {
  const draft = `${place.data}.new`
  const passwordFile = `${draft}.password`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true, mode: 0o700 })
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (user !== null) {
    await chown(draft, user.uid, user.gid)
    await chown(passwordFile, user.uid, user.gid)
  }
  // The built-in C.UTF-8 sorts the same on every machine and needs no locale to be installed.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const login = [`--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  const initdb = await run(
    join(place.programs, 'bin/initdb'),
    [`--pgdata=${draft}`, ...locale, ...login],
    user,
    logFile,
  )
  const [code] = (await once(initdb, 'exit')) as [number | null]
  await rm(passwordFile, { force: true })
  if (code !== 0) throw new Error(`PostgreSQL could not make its data folder; ${logFile} says why.`)
  await rename(draft, place.data)
}

function spawnPostgres({ place, user, logFile }: Options, port: number): Promise<ChildProcess> {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 60,
    shared_buffers: '32MB',
    wal_level: 'minimal',
    max_wal_senders: 0,
    log_min_messages: 'warning',
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return run(join(place.programs, 'bin/postgres'), ['-D', place.data, ...flags], user, logFile)
}

async function run(program: string, args: string[], user: PostgresUser, logFile: string): Promise<ChildProcess> {
  const log = await open(logFile, 'a', 0o600)
  try {
    const child = spawn(program, args, {
      ...user,
      cwd: '/',
      env: { LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', log.fd, log.fd],
      // A group of its own: the terminal's Ctrl-C reaches us alone, and we stop the database last.
      detached: true,
    })
    await once(child, 'spawn')
    return child
  } finally {
    await log.close()
  }
}

async function becomesReady(child: ChildProcess, { place, logFile }: Options): Promise<void> {
  const deadline = Date.now() + START_MS
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`PostgreSQL did not start; ${logFile} says why.`)
    const file = await readPidFile(place.data)
    if (file?.pid === child.pid && file?.isReady) return
    await pause(20)
  }
  await end(child)
  throw new Error(`PostgreSQL was not ready within ${START_MS / 1000} s; ${logFile} says why.`)
}

/** SIGINT disconnects everybody and writes a checkpoint ("fast" shutdown); SIGQUIT leaves that to the next start. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  const late = setTimeout(() => child.kill('SIGQUIT'), STOP_MS)
  await ended
  clearTimeout(late)
}

/** A process that was killed leaves its PostgreSQL behind, which nobody else may use: the data folder is ours alone. */
async function endOrphan({ place, log }: Options): Promise<void> {
  const file = await readPidFile(place.data)
  if (file === null || !file.isAlive) return // PostgreSQL itself clears a pid file whose process is gone.
  log.warn({ pid: file.pid, data: dirname(place.data) }, 'a PostgreSQL left by a process that was killed is ended')
  process.kill(file.pid, 'SIGINT')
  const deadline = Date.now() + STOP_MS
  while ((await readPidFile(place.data))?.isAlive === true) {
    if (Date.now() > deadline) throw new Error(`The PostgreSQL with process id ${file.pid} does not end.`)
    await pause(50)
  }
}
