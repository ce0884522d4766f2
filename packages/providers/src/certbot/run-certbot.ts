import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CaProblem, SECOND, systemClock } from '@mooring/core'
import { execa } from 'execa'
import { certbotProblem } from './certbot-problem.ts'

const PROGRAM = 'certbot'
const MAX_OUTPUT_CHARACTERS = 256 * 1024
/** Its log of one run has some 50 kB; nothing beyond this is looked at. */
const MAX_LOG_CHARACTERS = 1024 * 1024
/** certbot takes its challenge files away when it is asked to end; then it is given no choice. */
const KILL_AFTER_MS = 3 * SECOND
/** What `--debug-challenges` asks before the CA is told to look. */
const PROMPT = /Press Enter to Continue\s*$/

export interface CertbotSetup {
  /** Accounts and keys are kept in here. certbot locks it: one run at a time, whichever process starts it. */
  configFolder: string
  /** Whatever else certbot writes during a run goes to a folder in here, which is removed after the run. */
  runsFolder: string
  directoryUrl: string
  /** Roots to trust for the CA's own HTTPS, PEM. */
  caFile?: string | undefined
  deadlineMs: number
}

export interface CertbotCommand {
  /** Each as `--option=value`: a value never stands alone, so that none can be taken for an option. */
  args: string[]
  signal: AbortSignal
  /** Called when certbot has written its challenge files and waits; the CA is told to look after that. */
  onChallenges?: () => Promise<void>
}

/** `busy`: the certbot of another process has the folder. `registered`: there is an account already. */
type RunOutcome = 'done' | 'busy' | 'registered'

/**
 * Runs certbot without a shell, in a process group of its own that is ended with everything in it, at the latest at the
 * deadline. Throws `CaProblem` with what the CA said, and the signal's reason when the caller gave up.
 */
export async function runCertbot(setup: CertbotSetup, command: CertbotCommand): Promise<RunOutcome> {
  command.signal.throwIfAborted()
  const folder = await mkdtemp(join(setup.runsFolder, 'run-'))
  try {
    const ended = await runToEnd(setup, command, folder)
    if (ended.exitCode === 0) return 'done'
    command.signal.throwIfAborted()
    if (/another instance of certbot is already running/i.test(ended.output)) return 'busy'
    if (/there is an existing account/i.test(ended.output)) return 'registered'
    if (ended.code === 'ENOENT') throw new CaProblem('unexpectedAnswer', NOT_INSTALLED)
    const log = (await readFile(join(folder, 'letsencrypt.log'), 'utf8').catch(asEmpty)).slice(-MAX_LOG_CHARACTERS)
    if (ended.isLate) throw new CaProblem('unreachable', `certbot did not end within ${setup.deadlineMs / SECOND} s.`)
    throw certbotProblem({ log, output: ended.output }, systemClock.now())
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const NOT_INSTALLED =
  'Certificates are obtained with the program certbot here, and it is not installed. Install it (certbot on Debian and ' +
  'Ubuntu, Fedora and Alpine), or set MOORING_ISSUER=acme, which needs no program.'

/** A run that ended before it had a log. */
function asEmpty(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT') throw error
  return ''
}

interface Ended {
  exitCode: number | undefined
  code: string | undefined
  output: string
  isLate: boolean
}

async function runToEnd(setup: CertbotSetup, command: CertbotCommand, folder: string): Promise<Ended> {
  const child = execa(PROGRAM, [...command.args, ...foldersOf(setup, folder)], {
    all: true,
    reject: false,
    maxBuffer: MAX_OUTPUT_CHARACTERS,
    // A group of its own, to end everything in it at once.
    detached: true,
    // Nothing of ours but where programs are: the environment of a worker holds secrets. HOME and XDG_CONFIG_HOME keep
    // certbot from the settings of whoever runs this.
    extendEnv: false,
    env: {
      PATH: process.env['PATH'],
      LC_ALL: 'C.UTF-8',
      HOME: folder,
      XDG_CONFIG_HOME: folder,
      ...(setup.caFile === undefined ? {} : { REQUESTS_CA_BUNDLE: setup.caFile }),
    },
  })
  const timers: NodeJS.Timeout[] = []
  let isLate = false
  const killGroup = (signal: NodeJS.Signals) => {
    // Without the check a group of somebody else's that got the same number might be meant.
    const { pid, exitCode, signalCode } = child.nodeChildProcess
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    try {
      process.kill(-pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // Ended at this moment.
    }
  }
  const end = () => {
    killGroup('SIGTERM')
    timers.push(setTimeout(() => killGroup('SIGKILL'), KILL_AFTER_MS))
  }
  const endLate = () => {
    isLate = true
    end()
  }
  timers.push(setTimeout(endLate, setup.deadlineMs))
  command.signal.addEventListener('abort', end, { once: true })
  const prompt = answerPrompt(child, command.onChallenges)
  try {
    const { exitCode, code, all } = await child
    const failure = prompt.failure()
    if (failure !== null) throw failure.error
    return { exitCode, code, output: all, isLate }
  } finally {
    command.signal.removeEventListener('abort', end)
    for (const timer of timers) clearTimeout(timer)
  }
}

const foldersOf = ({ configFolder, directoryUrl }: CertbotSetup, folder: string): string[] => [
  `--config-dir=${configFolder}`,
  `--work-dir=${folder}`,
  `--logs-dir=${folder}`,
  `--server=${directoryUrl}`,
  '--max-log-backups=0',
  '--no-directory-hooks',
  '--agree-tos',
]

interface Prompting {
  stdin: NodeJS.WritableStream
  stdout: NodeJS.ReadableStream
}

/**
 * Lets certbot go on once its challenges can be seen. If they cannot, or it asks anything else, it finds its input ended,
 * takes its files away and ends, and the CA was told nothing.
 */
function answerPrompt({ stdin, stdout }: Prompting, onChallenges: (() => Promise<void>) | undefined) {
  let failure: { error: unknown } | null = null
  let tail = ''
  const show = async (work: () => Promise<void>) => {
    try {
      await work()
      stdin.end('\n')
    } catch (error) {
      failure = { error }
      stdin.end()
    }
  }
  const read = (chunk: Buffer | string) => {
    tail = (tail + String(chunk)).slice(-200)
    if (onChallenges === undefined || !PROMPT.test(tail)) return
    stdout.removeListener('data', read)
    void show(onChallenges)
  }
  // It ended before it read the answer: how it ended says why.
  stdin.on('error', () => stdout.removeListener('data', read))
  if (onChallenges === undefined) stdin.end()
  else stdout.on('data', read)
  return { failure: () => failure }
}
