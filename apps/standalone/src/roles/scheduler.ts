import { systemClock } from '@mooring/core'
import {
  createAuditSealer,
  createCustomerMails,
  createDeadLetters,
  createDeliveries,
  createDispatch,
  createHousekeeping,
  createNotices,
  createWorkers,
} from '@mooring/postgres'
import { edgeIdentityOf } from '@mooring/runtime'
import {
  measureNotices,
  measureSenders,
  noticeRulesOf,
  noticeSendersOf,
  openCustomerMails,
  openWebhooks,
  retentionOf,
  startScheduler,
} from '@mooring/scheduler'
import { DISPATCH, type RoleContext } from './role-context.ts'

export async function startSchedulerRole({
  config,
  database,
  queue,
  custody,
  meter,
  stack,
  log,
}: RoleContext): Promise<void> {
  const scheduler = await startScheduler({
    database,
    queue,
    dispatch: createDispatch(database, DISPATCH),
    workers: createWorkers(database),
    notices: measureNotices(createNotices(database), meter),
    deliveries: createDeliveries(database),
    customerMails: openCustomerMails(config, createCustomerMails(database)),
    senders: measureSenders(noticeSendersOf(config), meter),
    deadLetters: createDeadLetters(database),
    housekeeping: createHousekeeping(database, { retention: retentionOf(config) }),
    audit: createAuditSealer(database),
    webhooks: openWebhooks({
      database,
      custody,
      edge: edgeIdentityOf(config),
      allow: config.MOORING_WEBHOOK_ALLOW,
      dnsServers: config.MOORING_DNS_SERVERS,
      meter,
    }),
    clock: systemClock,
    log: log.child({ role: 'scheduler' }),
    settings: noticeRulesOf(config),
  })
  stack.defer(() => scheduler.stop())
  meter.onScrape(() => meter.set('mooring_scheduler_leading', {}, scheduler.isLeading() ? 1 : 0))
}
