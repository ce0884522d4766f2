import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '@mooring/core'
import { execa } from 'execa'

/** A worker of a master, as /proc shows it. A draining one accepts no more connections. */
interface Worker {
  pid: number
  draining: boolean
}

export interface TestAnswer {
  ok: boolean
  /** Everything nginx said, one message per item. */
  messages: string[]
}

/** What may be done with the nginx that serves `dir`. It is no child of this process and outlives it. */
export interface NginxProcess {
  readVersion(): Promise<string>
  test(configurationPath: string): Promise<TestAnswer>
  /** The running master, found by its pid file; null when there is none of ours. */
  findMaster(): number | null
  /** Starts a master with `current/nginx.conf`. Throws what nginx says against it. */
  start(): Promise<number>
  reload(master: number): void
  /** Has it open its logs anew. */
  reopen(master: number): void
  /** Null where there is no /proc. */
  workersOf(master: number): Worker[] | null
  /** Asks these workers to accept no more, if they are still the master's. */
  drain(master: number, workers: Iterable<number>): void
  /** Ends workers that drain, with whatever they still do. */
  terminate(master: number, workers: Iterable<number>): void
  stop(): Promise<void>
}

const TEST_TIMEOUT_MS = 60_000
const START_TIMEOUT_MS = 15_000
const QUIT_GRACE_MS = 3_000

export function createNginxProcess({ dir, binary }: { dir: string; binary: string }): NginxProcess {
  const pidPath = join(dir, 'nginx.pid')
  const run = (args: string[], timeout: number) =>
    execa(binary, args, { reject: false, stdin: 'ignore', timeout, maxBuffer: 1_000_000, stripFinalNewline: true })

  async function readVersion(): Promise<string> {
    const { stderr, failed, cause } = await run(['-v'], START_TIMEOUT_MS)
    const version = /nginx\/\d+\.\d+\.\d+/.exec(stderr)?.[0]
    if (failed || version === undefined) {
      throw new AppError('DEPENDENCY_UNAVAILABLE', `${binary} does not answer as nginx does.`, { cause })
    }
    return version
  }

  async function test(configurationPath: string): Promise<TestAnswer> {
    const args = ['-t', '-q', '-p', dir, '-c', configurationPath, '-e', 'stderr']
    const { stderr, failed, shortMessage } = await run(args, TEST_TIMEOUT_MS)
    const messages = stderr.split('\n').filter((line) => line !== '')
    return {
      ok: !failed,
      messages: failed && messages.length === 0 ? [shortMessage ?? 'nginx -t failed without a word.'] : messages,
    }
  }

  function findMaster(): number | null {
    let pid: number
    try {
      pid = Number.parseInt(readFileSync(pidPath, 'utf8'), 10)
    } catch {
      return null // No pid file: nothing of ours runs.
    }
    return Number.isInteger(pid) && pid > 0 && isOurMaster(pid) ? pid : null
  }

  // After a reboot the number may belong to anything, so the process has to say that it is nginx and serves this folder.
  function isOurMaster(pid: number): boolean {
    const commandLine = readProc(`${pid}/cmdline`)
    if (commandLine !== null) return commandLine.startsWith('nginx: master process') && commandLine.includes(`${dir}/`)
    return !hasProc && isAlive(pid)
  }

  async function start(): Promise<number> {
    const args = ['-p', dir, '-c', join(dir, 'current', 'nginx.conf'), '-e', join(dir, 'logs', 'error.log')]
    const { stderr, failed, shortMessage } = await run(args, START_TIMEOUT_MS)
    if (failed) throw new AppError('DEPENDENCY_UNAVAILABLE', `nginx does not start: ${stderr || shortMessage}`)
    for (const deadline = performance.now() + START_TIMEOUT_MS; performance.now() < deadline; await delay(2)) {
      const master = findMaster()
      if (master !== null) return master
    }
    throw new AppError('DEPENDENCY_UNAVAILABLE', `nginx wrote no pid file to ${pidPath}.`)
  }

  function workersOf(master: number): Worker[] | null {
    if (!hasProc) return null
    return childrenOf(master).map((pid) => ({
      pid,
      draining: readProc(`${pid}/cmdline`)?.includes('shutting down') ?? true,
    }))
  }

  // The number of a worker that is gone may be somebody else's by now.
  function signalChildren(master: number, pids: Iterable<number>, signal: NodeJS.Signals): void {
    const children = new Set(childrenOf(master))
    for (const pid of pids) if (children.has(pid)) send(pid, signal)
  }

  async function stop(): Promise<void> {
    for (const [signal, graceMs] of [
      ['SIGQUIT', QUIT_GRACE_MS],
      ['SIGTERM', START_TIMEOUT_MS],
    ] as const) {
      const master = findMaster()
      if (master === null) return
      send(master, signal)
      for (const deadline = performance.now() + graceMs; performance.now() < deadline; await delay(5)) {
        if (!isAlive(master)) return
      }
    }
    throw new AppError('INTERNAL', 'nginx does not stop.')
  }

  return {
    readVersion,
    test,
    findMaster,
    start,
    reload: (master) => send(master, 'SIGHUP'),
    workersOf,
    reopen: (master) => void send(master, 'SIGUSR1'),
    drain: (master, workers) => signalChildren(master, workers, 'SIGQUIT'),
    terminate: (master, workers) => signalChildren(master, workers, 'SIGTERM'),
    stop,
  }
}

const hasProc = readProc('self/stat') !== null

function readProc(path: string): string | null {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return null // The process is gone, or this system has no /proc.
  }
}

function childrenOf(pid: number): number[] {
  const listed = readProc(`${pid}/task/${pid}/children`)
  if (listed !== null) return listed.split(' ').filter(Boolean).map(Number)
  // Kernels without CONFIG_PROC_CHILDREN: ask every process for its parent.
  const all = hasProc ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []
  return all.filter((name) => parentOf(name) === pid).map(Number)
}

// proc(5): the parent is the second field after the command, which stands in parentheses and may hold anything.
function parentOf(pid: string): number | null {
  const stat = readProc(`${pid}/stat`)
  return stat === null ? null : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

const isAlive = (pid: number): boolean => send(pid, 0) && !/^State:\s+Z/m.test(readProc(`${pid}/status`) ?? '')
