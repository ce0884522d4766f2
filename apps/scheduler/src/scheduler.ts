import { once } from 'node:events'
import {
  type Clock,
  type Consumer,
  type Dispatch,
  type JobQueue,
  type Log,
  MINUTE,
  type NoticeSender,
  noticeChannels,
} from '@mooring/core'
import {
  type AuditSealer,
  type Database,
  type DeadLetters,
  type Deliveries,
  type Housekeeping,
  type LeaderOptions,
  type NoticeRules,
  type Notices,
  type Rewrap,
  type Workers,
  runForLeader,
} from '@mooring/postgres'
import { gatherWakes } from './gather-wakes.ts'
import { createPromoter } from './promote-due.ts'
import { createKeyRewrapper } from './rewrap-keys.ts'
import { runWebhooks, type Webhooks } from './run-webhooks.ts'
import { createAuditTurn } from './seal-audit.ts'
import { createPostman } from './send-deliveries.ts'
import { type Task, runTask } from './task.ts'
import { createTeller } from './tell-failures.ts'
import type { CustomerWriter } from './write-customer-mails.ts'

const SWEEP_MS = MINUTE
const DRAIN_MS = 5_000
const NOTICE_RECOVERY_MS = 5 * MINUTE
const NOTICES_PER_HOUR = 30
const CUSTOMER_MAILS_MS = MINUTE / 2

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
  /** Mails to customers, where they are on; their sender is one of the senders for customers. */
  customerMails?: { writer: CustomerWriter; sender: NoticeSender } | null
  /** Messages to the platform, where there is what they need. */
  webhooks?: Webhooks | null
  /** What people and keys changed, for good; without it, it is on record and waits for its seal. */
  audit?: AuditSealer | null
  /** The rotation of the key-encryption key, where one is going on. */
  rewrap?: Rewrap | null
  clock: Clock
  log: Log
  settings: SchedulerSettings
}

export interface SchedulerSettings {
  /** How long repeats of a reason are counted before they are told in one message. */
  noticeWindowMs: number
  /** For how long nobody may have a trouble before it counts as over. */
  noticeRecoveryMs?: number
  /** Messages that each channel gets in any hour, at most. */
  noticesPerHour?: number
  /** See `runForLeader`; the defaults are right outside tests. */
  leadership?: Pick<LeaderOptions, 'candidacyMs' | 'probeMs' | 'silenceMs'>
}

export interface Scheduler {
  /** Whether this process is the one that works; the others stand by. */
  isLeading(): boolean
  /** See `Candidate.heardAt`. */
  heardAt(): Date | null
  stop(): Promise<void>
}

/**
 * Runs the one scheduler of the fleet, or stands by for it:
 *
 * - promotes due work into the queue: at once when notified, at its due time otherwise
 * - groups failures into notices, and sends them
 * - writes to customers, where that is on
 * - tells the platform by webhooks
 * - copies dead letters into Postgres
 * - sweeps once a minute
 * - seals the audit
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
  return candidate
}

async function lead(dependencies: SchedulerDependencies, signal: AbortSignal): Promise<void> {
  const { database, housekeeping, rewrap = null, customerMails = null, webhooks = null, senders, log } = dependencies
  const task = (name: string, turn: () => Promise<number>): Task => runTask({ name, turn, log, signal })

  let promotion: Task | null = null
  const wakes = gatherWakes(() => promotion?.wake())
  const listener = await database.listen('mooring_due', wakes.notice)

  promotion = task('promote due work', createPromoter(dependencies))
  const postmanOf = (sender: NoticeSender) =>
    task(`send to ${sender.channel}`, createPostman({ ...dependencies, sender, signal }))
  const postmen = senders.map(postmanOf)
  const mailing = customerMails === null ? [] : mailCustomers({ ...dependencies, customerMails }, { task, postmanOf })
  const telling = task(
    'tell failures',
    createTeller({
      ...dependencies,
      rules: rulesOf(dependencies),
      onDeliveries: () => postmen.forEach((postman) => postman.wake()),
    }),
  )
  const sweeping = task('sweep', async () => {
    const swept = await housekeeping.sweep()
    if (Object.values(swept).some((rows) => rows > 0)) log.info({ ...swept }, 'swept')
    return SWEEP_MS
  })
  const platform = webhooks === null ? [] : runWebhooks({ ...dependencies, webhooks, signal }, task)
  const collecting = collectDeadLetters(dependencies, task)
  const { audit = null } = dependencies
  const sealing = audit === null ? null : task('seal the audit', createAuditTurn({ sealer: audit, signal }))
  const rewrapping = rewrap === null ? null : task('rewrap keys', createKeyRewrapper({ rewrap, log }))

  if (!signal.aborted) await once(signal, 'abort')
  wakes.stop()
  const tasks = [promotion, ...postmen, ...mailing, ...platform, telling, sweeping, sealing, rewrapping]
  await Promise.all([...tasks.map((running) => running?.ended), collecting, listener.close()])
}

/** A postman of their own, so that a day with many mails holds up no notice. */
function mailCustomers(
  { customerMails, clock }: { customerMails: NonNullable<SchedulerDependencies['customerMails']>; clock: Clock },
  {
    task,
    postmanOf,
  }: { task: (name: string, turn: () => Promise<number>) => Task; postmanOf: (sender: NoticeSender) => Task },
): Task[] {
  const postman = postmanOf(customerMails.sender)
  const writing = task('write to customers', async () => {
    if ((await customerMails.writer(clock.now())) > 0) postman.wake()
    return CUSTOMER_MAILS_MS
  })
  return [writing, postman]
}

const rulesOf = ({ senders, settings }: SchedulerDependencies): NoticeRules => ({
  windowMs: settings.noticeWindowMs,
  recoveryMs: settings.noticeRecoveryMs ?? NOTICE_RECOVERY_MS,
  perHour: settings.noticesPerHour ?? NOTICES_PER_HOUR,
  channels: noticeChannels(senders),
})

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
