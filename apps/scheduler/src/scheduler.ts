import { once } from 'node:events'
import {
  type Clock,
  type Consumer,
  type Dispatch,
  type JobQueue,
  type Log,
  MINUTE,
  type NoticeSender,
} from '@mooring/core'
import {
  type Database,
  type DeadLetters,
  type Deliveries,
  type Housekeeping,
  type LeaderOptions,
  type Notices,
  type Rewrap,
  type Workers,
  runForLeader,
} from '@mooring/postgres'
import { gatherWakes } from './gather-wakes.ts'
import { createPromoter } from './promote-due.ts'
import { createKeyRewrapper } from './rewrap-keys.ts'
import { createPostman } from './send-deliveries.ts'
import { type Task, runTask } from './task.ts'
import { createTeller } from './tell-failures.ts'

const SWEEP_MS = MINUTE
const DRAIN_MS = 5_000

export interface SchedulerDependencies {
  /** For the leader's own connection and for notifications. */
  database: Pick<Database, 'pool' | 'listen' | 'log'>
  queue: JobQueue
  dispatch: Dispatch
  workers: Pick<Workers, 'liveSlots'>
  notices: Notices
  deliveries: Deliveries
  /** Where notices go besides the log. */
  senders: readonly NoticeSender[]
  deadLetters: Pick<DeadLetters, 'insert'>
  housekeeping: Housekeeping
  /** The rotation of the key-encryption key, where one is going on. */
  rewrap?: Rewrap | null
  clock: Clock
  log: Log
  settings: SchedulerSettings
}

export interface SchedulerSettings {
  /** How long repeats of a reason are counted before they are told in one message. */
  noticeWindowMs: number
  /** See `runForLeader`; the defaults are right outside tests. */
  leadership?: Pick<LeaderOptions, 'candidacyMs' | 'probeMs' | 'silenceMs'>
}

export interface Scheduler {
  /** Whether this process is the one that works; the others stand by. */
  isLeading(): boolean
  stop(): Promise<void>
}

/**
 * Runs the one scheduler of the fleet, or stands by for it:
 *
 * - promotes due work into the queue: at once when notified, at its due time otherwise
 * - groups failures into notices, and sends them
 * - copies dead letters into Postgres
 * - sweeps once a minute
 * - wraps stored keys with the new key-encryption key, during a rotation
 *
 * None of it holds truth. Two leaders at once, or none for a while, change nothing but latency.
 */
export async function startScheduler(dependencies: SchedulerDependencies): Promise<Scheduler> {
  const candidate = runForLeader({
    database: dependencies.database,
    lead: (signal) => lead(dependencies, signal),
    ...dependencies.settings.leadership,
  })
  return { isLeading: candidate.isLeading, stop: candidate.stop }
}

async function lead(dependencies: SchedulerDependencies, signal: AbortSignal): Promise<void> {
  const { database, housekeeping, rewrap = null, senders, settings, log } = dependencies
  const task = (name: string, turn: () => Promise<number>): Task => runTask({ name, turn, log, signal })

  let promotion: Task | null = null
  const wakes = gatherWakes(() => promotion?.wake())
  const listener = await database.listen('mooring_due', wakes.notice)

  promotion = task('promote due work', createPromoter(dependencies))
  const sending = task('send deliveries', createPostman({ ...dependencies, signal }))
  const telling = task(
    'tell failures',
    createTeller({
      ...dependencies,
      channels: senders.map(({ channel }) => channel),
      windowMs: settings.noticeWindowMs,
      onDeliveries: sending.wake,
    }),
  )
  const sweeping = task('sweep', async () => {
    const swept = await housekeeping.sweep()
    if (Object.values(swept).some((rows) => rows > 0)) log.info({ ...swept }, 'swept')
    return SWEEP_MS
  })
  const collecting = collectDeadLetters(dependencies, task)
  const rewrapping = rewrap === null ? null : task('rewrap keys', createKeyRewrapper({ rewrap, log }))

  if (!signal.aborted) await once(signal, 'abort')
  wakes.stop()
  const tasks = [promotion, sending, telling, sweeping, rewrapping]
  await Promise.all([...tasks.map((running) => running?.ended), collecting, listener.close()])
}

/** Until the term ends. The queue supervises the consumer once it stands; only its start is repeated here. */
async function collectDeadLetters(
  { queue, deadLetters }: Pick<SchedulerDependencies, 'queue' | 'deadLetters'>,
  task: (name: string, turn: () => Promise<number>) => Task,
): Promise<void> {
  const started: Consumer[] = []
  await task('collect dead letters', async () => {
    if (started.length === 0) started.push(await queue.consumeDeadLetters((letter) => deadLetters.insert(letter)))
    return SWEEP_MS
  }).ended
  await Promise.all(started.map((consumer) => consumer.stop({ drainMs: DRAIN_MS })))
}
