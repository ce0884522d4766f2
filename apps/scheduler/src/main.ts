import { systemClock } from '@mooring/core'
import {
  createAuditSealer,
  createCustomerMails,
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
import { createRabbitJobQueue } from '@mooring/queue'
import { createLogger, createMeter, measureQueue, readConfig, runUntilStopped, serveHealth } from '@mooring/runtime'
import { configSchema, custodyOf, retentionOf } from './config.ts'
import { openCustomerMails } from './customer-mail-settings.ts'
import { measureNotices, measureSenders } from './measured-notices.ts'
import { noticeRulesOf, noticeSendersOf } from './notice-settings.ts'
import { schedulerReadiness } from './readiness.ts'
import { startScheduler } from './scheduler.ts'
import { webhooksOf } from './webhooks-of.ts'

const log = createLogger({ name: 'scheduler' })

await runUntilStopped(async () => {
  const config = readConfig(configSchema)
  log.level = config.LOG_LEVEL

  await migrate(config.DATABASE_URL, log)
  const database = openDatabase({ url: config.DATABASE_URL, applicationName: 'mooring-scheduler', log })
  const meter = createMeter()
  meter.measureProcess()
  const onReturned = () => meter.count('mooring_hints_total', { result: 'returned' })
  const queue = measureQueue(createRabbitJobQueue({ url: config.AMQP_URL, onReturned, log }), meter)
  const custody = custodyOf(config)
  const scheduler = await startScheduler({
    database,
    queue,
    dispatch: createDispatch(database, {
      hintSeconds: config.MOORING_HINT_SECONDS / 1000,
      tenantInFlight: config.MOORING_TENANT_IN_FLIGHT,
    }),
    workers: createWorkers(database),
    notices: measureNotices(createNotices(database), meter),
    deliveries: createDeliveries(database),
    customerMails: openCustomerMails(config, createCustomerMails(database)),
    senders: measureSenders(noticeSendersOf(config), meter),
    deadLetters: createDeadLetters(database),
    housekeeping: createHousekeeping(database, { retention: retentionOf(config) }),
    webhooks: webhooksOf(config, database, meter),
    audit: createAuditSealer(database),
    rewrap: custody === null ? null : createRewrap(database, custody),
    clock: systemClock,
    log,
    settings: noticeRulesOf(config),
  })

  meter.onScrape(() => meter.set('mooring_scheduler_leading', {}, scheduler.isLeading() ? 1 : 0))
  const health = await serveHealth({
    host: config.HOST,
    port: config.MOORING_HEALTH_PORT,
    readiness: schedulerReadiness({ scheduler, queue, ping: () => database.pool.query('select 1') }),
    meter,
    metricsToken: config.MOORING_METRICS_TOKEN,
  })

  return {
    async stop() {
      await scheduler.stop()
      await health.close()
      await queue.close()
      await database.close()
    },
  }
}, log)
