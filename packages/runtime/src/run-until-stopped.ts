import { AppError } from '@mooring/core'
import type { Logger } from './logger.ts'
import { ConfigError } from './read-config.ts'

export interface Stoppable {
  stop(): Promise<void>
}

// One Ctrl-C under `npm start` arrives twice: from the terminal to every process in front, and passed on by npm.
const SAME_KEYSTROKE_MS = 250

/**
 * Runs one process: starts it, stops it at the first SIGTERM or SIGINT, and exits. Never returns before that.
 *
 * - A signal during the start is remembered, and what was started is stopped once it stands.
 * - A second signal ends the process at once: whoever sends it has waited long enough, and every process here may be
 *   killed at any instruction. What must not outlive the process ends in a `process.on('exit')` of its owner.
 * - A stop that takes longer than `graceMs` is cut short with exit code 1.
 * - A configuration with problems is told plainly on standard error, exit code 2; any other failure to start, exit code 1.
 */
export async function runUntilStopped(
  start: () => Promise<Stoppable>,
  log: Logger,
  options: { graceMs?: number } = {},
): Promise<void> {
  const signalled = Promise.withResolvers<NodeJS.Signals>()
  let firstAt: number | null = null
  const onSignal = (signal: NodeJS.Signals) => {
    firstAt ??= performance.now()
    if (performance.now() - firstAt > SAME_KEYSTROKE_MS) process.exit(signal === 'SIGINT' ? 130 : 143)
    signalled.resolve(signal)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  // Nothing after this can be trusted: leases, queues and routes recover from a killed process by design.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught error')
    process.exit(1)
  })

  const running = await start().catch((error: unknown) => refuseToStart(error, log))
  const signal = await signalled.promise
  log.info({ signal }, 'stopping')
  const graceMs = options.graceMs ?? 30_000
  setTimeout(() => {
    log.error({ graceMs }, 'the stop took too long and was cut short')
    process.exit(1)
  }, graceMs).unref()
  try {
    await running.stop()
  } catch (error) {
    log.fatal({ err: error }, 'the stop failed')
    process.exit(1)
  }
  log.info('stopped')
  process.exit(0)
}

function refuseToStart(error: unknown, log: Logger): never {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
  const sentence = startProblem(error)
  if (sentence === null) log.fatal({ err: error }, 'could not start')
  else process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

/** A plain sentence for what a person can put right; null for a fault of ours, which needs its stack. */
export function startProblem(error: unknown): string | null {
  if (error instanceof AppError) return error.message
  if (!(error instanceof Error) || !('code' in error)) return null
  const { address, port } = error as { address?: string; port?: number }
  if (error.code === 'EADDRINUSE')
    return `Port ${port} on ${address} is taken by another program. Stop it, or choose another port.`
  if (error.code === 'EACCES' && port !== undefined)
    return `Port ${port} on ${address} may not be opened by this user. Choose one above 1023.`
  return null
}
