import { setTimeout as delay } from 'node:timers/promises'
import { isEmergency } from './blame.ts'
import type { LogTail } from './error-log.ts'
import type { NginxProcess } from './nginx-process.ts'
import { type Served, askOverHttp } from './probe.ts'

export type ReloadProof =
  | { kind: 'served'; provedAfterMs: number }
  /** nginx refused the configuration and goes on with the one before; it says so in its error log only. */
  | { kind: 'refused'; message: string }
  | { kind: 'unproved'; detail: string }

interface Question {
  master: number
  generation: number
  workerProcesses: number
  /** Workers from before; null where there is no /proc. */
  oldWorkers: number[] | null
  server: Served
  log: LogTail
  timeoutMs: number
}

/**
 * Waits until the new generation answers and no older worker accepts connections any more. nginx's exit codes and
 * signals prove nothing: a refused reload looks like a good one from outside.
 *
 * Once the new workers are there, the old ones are asked to drain. The master does the same, but only 100 ms after it
 * forked the new ones (`ngx_master_process_cycle`: "allow new processes to start"); meanwhile the kernel hands new
 * connections to the old ones, which have waited longer. The master holds its signals back during that pause, and has
 * marked the old workers as leaving when it hears that they did, so it does not respawn them.
 */
export async function proveReload(nginx: NginxProcess, question: Question): Promise<ReloadProof> {
  const started = performance.now()
  const elapsed = (): number => performance.now() - started
  const steps = [haveNewWorkers(nginx, question), haveNoOldWorkers(nginx, question), answersNew(question)]
  for (const step of steps) {
    for (;;) {
      const missing = await step()
      const refusal = question.log.read().find(isEmergency)
      if (refusal !== undefined) return { kind: 'refused', message: refusal }
      if (missing === null) break
      if (elapsed() > question.timeoutMs) return { kind: 'unproved', detail: missing }
      await delay(Math.max(1, elapsed() * 0.03))
    }
  }
  return { kind: 'served', provedAfterMs: elapsed() }
}

/** Resolves to what is missing, or to null. */
type Step = () => Promise<string | null>

function haveNewWorkers(nginx: NginxProcess, { master, oldWorkers, workerProcesses, timeoutMs }: Question): Step {
  if (oldWorkers === null) return async () => null
  return async () => {
    const workers = nginx.workersOf(master) ?? []
    const fresh = workers.filter(({ pid, draining }) => !draining && !oldWorkers.includes(pid))
    if (fresh.length < workerProcesses) return `nginx started no new workers within ${timeoutMs} ms.`
    nginx.drain(master, oldWorkers)
    return null
  }
}

function haveNoOldWorkers(nginx: NginxProcess, { master, oldWorkers }: Question): Step {
  if (oldWorkers === null) return async () => null
  return async () => {
    const accepting = nginx.workersOf(master)?.some(({ pid, draining }) => !draining && oldWorkers.includes(pid))
    return accepting === true ? 'Workers of an older generation still accept connections.' : null
  }
}

/** Without /proc the kernel's choice of a worker is all there is to see: an unbroken row of new ones has to do. */
const ROW_MS = 250

function answersNew(question: Question): Step {
  const neededMs = question.oldWorkers === null ? ROW_MS : 0
  let since: number | null = null
  return async () => {
    const answer = await askStatus(question.server)
    if (answer === null || !isNew(answer, question)) {
      since = null
      return answer === null
        ? 'nginx does not answer its status address.'
        : `nginx still serves generation ${answer.generation}, not ${question.generation}.`
    }
    since ??= performance.now()
    return performance.now() - since >= neededMs ? null : 'Workers of an older generation may still answer.'
  }
}

interface StatusAnswer {
  generation: number
  pid: number
}

export async function askStatus(server: Served): Promise<StatusAnswer | null> {
  const answer = await askOverHttp('status.invalid', '/.well-known/mooring/status', server)
  const found = /^generation=(\d+) pid=(\d+)$/m.exec(answer?.body ?? '')
  return found === null ? null : { generation: Number(found[1]), pid: Number(found[2]) }
}

const isNew = (answer: StatusAnswer, { generation, oldWorkers }: Question): boolean =>
  answer.generation === generation && oldWorkers?.includes(answer.pid) !== true
