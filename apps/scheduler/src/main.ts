import { systemClock } from '@mooring/core'
import {
  createDeadLetters,
  createDeliveries,
  createDispatch,
  createHousekeeping,
  createNotices,
  createRewrap,
  createWorkers,
  migrate,
  openDatabase,
} from '@mooring/postgres'
import { createSlackWebhook } from '@mooring/providers'
import { createRabbitJobQueue } from '@mooring/queue'
import { createLogger, readConfig, runUntilStopped, serveHealth } from '@mooring/runtime'
import { configSchema, custodyOf, retentionOf } from './config.ts'
import { startScheduler } from './scheduler.ts'

const log = createLogger({ name: 'scheduler' })

await runUntilStopped(async () => {
  const config = readConfig(configSchema)
  log.level = config.LOG_LEVEL

  await migrate(config.DATABASE_URL, log)
  const database = openDatabase({ url: config.DATABASE_URL, applicationName: 'mooring-scheduler', log })
  const queue = createRabbitJobQueue({ url: config.AMQP_URL, log })
  const custody = custodyOf(config)
  const slackUrl = config.MOORING_SLACK_WEBHOOK_URL
  const scheduler = await startScheduler({
    database,
    queue,
    dispatch: createDispatch(database, {
      hintSeconds: config.MOORING_HINT_SECONDS / 1000,
      tenantInFlight: config.MOORING_TENANT_IN_FLIGHT,
    }),
    workers: createWorkers(database),
    notices: createNotices(database),
    deliveries: createDeliveries(database),
    senders: slackUrl === undefined ? [] : [createSlackWebhook({ url: slackUrl })],
    deadLetters: createDeadLetters(database),
    housekeeping: createHousekeeping(database, { retention: retentionOf(config) }),
    rewrap: custody === null ? null : createRewrap(database, custody),
    clock: systemClock,
    log,
    settings: { noticeWindowMs: config.MOORING_NOTICE_WINDOW_SECONDS },
  })

  // One that stands by is as ready as the one that leads.
  const healthPort = config.MOORING_HEALTH_PORT
  const health =
    healthPort === undefined ? null : await serveHealth({ host: config.HOST, port: healthPort, isReady: () => true })

  return {
    async stop() {
      await scheduler.stop()
      await health?.close()
      await queue.close()
      await database.close()
    },
  }
}, log)
