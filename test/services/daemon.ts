import { open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { execa } from 'execa'

export interface Daemon {
  pid: number
  stop(): Promise<void>
}

/** A program that serves until it is stopped. */
export interface DaemonCommand {
  program: string
  args: string[]
  env?: Record<string, string>
  /** Resolves to true once it answers; asked every few milliseconds. */
  answers(): Promise<boolean>
  /** Given up after this long. */
  startMs?: number
  /** Where its standard output goes; nowhere by default. */
  logFile?: string
}

/** Starts a program and waits until it answers. One that ends before that is an error with what it wrote. */
export async function startDaemon({
  program,
  args,
  env = {},
  answers,
  startMs = 20_000,
  logFile,
}: DaemonCommand): Promise<Daemon> {
  // An open descriptor: what goes to `{ file }` is copied line by line through this process, whose CPU the benches count.
  const log = logFile === undefined ? null : (await open(logFile, 'a')).createWriteStream()
  const stdout = log ?? 'ignore'
  const child = execa(program, args, { env, stdin: 'ignore', stdout, reject: false, cleanup: true })
  let ended = false
  const exit = child.then((result) => {
    ended = true
    log?.destroy()
    return result
  })
  const stop = async () => {
    child.kill('SIGKILL')
    await exit
  }
  const deadline = Date.now() + startMs
  while (!(await answers())) {
    if (ended) throw new Error(`${program} ended before it answered: ${(await exit).stderr}`)
    if (Date.now() > deadline) {
      await stop()
      throw new Error(`${program} did not answer within ${startMs} ms: ${(await exit).stderr.slice(-2000)}`)
    }
    await pause(20)
  }
  return { pid: Number(child.pid), stop }
}
