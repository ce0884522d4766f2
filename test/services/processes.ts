import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const ROOT = join(import.meta.dirname, '../..')

/** One role as its own operating-system process, as an SRE would start it. */
export interface Role {
  name: string
  pid: number
  /** Sends a signal to the process itself. */
  signal(signal: NodeJS.Signals): void
  exited: Promise<number | null>
  /** SIGTERM, then SIGKILL after ten seconds; resolves with the exit code (null when it had to be killed). */
  stop(): Promise<number | null>
  /** Everything it printed so far: JSON log lines. */
  log(): string
}

/** `root` is the release that the role is of; the one under test by default. */
export function startRole(
  app: string,
  name: string,
  env: Record<string, string>,
  { logDir, root = ROOT }: { logDir: string; root?: string | undefined },
): Role {
  const logFile = join(logDir, `${name}.log`)
  const output = createWriteStream(logFile, { flags: 'a' })
  const child: ChildProcess = spawn(process.execPath, [join(root, 'apps', app, 'src/main.ts')], {
    // Nothing of the tester's environment but the way to programs: a role must be told everything it needs.
    env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'debug', NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout?.pipe(output)
  child.stderr?.pipe(output)
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  return {
    name,
    pid: child.pid ?? expectPid(name),
    signal: (signal) => void child.kill(signal),
    exited,
    async stop() {
      child.kill('SIGCONT')
      child.kill('SIGTERM')
      const timeout = sleep(10_000, 'timeout' as const, { ref: false })
      if ((await Promise.race([exited, timeout])) === 'timeout') child.kill('SIGKILL')
      return exited
    },
    log: () => readFileSync(logFile, 'utf8'),
  }
}

function expectPid(name: string): never {
  throw new Error(`${name} did not start`)
}

/** Waits for a condition, asking every few milliseconds; the error says what was last seen. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const seen = await look()
      if (seen !== null && seen !== undefined && seen !== false) return seen
      last = seen
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: last })
    await sleep(10)
  }
}
