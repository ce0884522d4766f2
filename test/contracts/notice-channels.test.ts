import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type NoticeSender, systemClock } from '@mooring/core'
import {
  createDeadLetters,
  createDeliveries,
  createDispatch,
  createHousekeeping,
  createNoticeDesk,
  createNotices,
  createWorkers,
} from '@mooring/postgres'
import { createNoticeEmail, createSlackWebhook, createSmtpMailer } from '@mooring/providers'
import { createMemoryJobQueue } from '@mooring/queue'
import { type Scheduler, startScheduler } from '@mooring/scheduler'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { troubledDomains } from '../builders/troubled-domains.ts'
import { type RunningSmtp, startSmtp, startTarpit } from '../services/smtp.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother } = usePostgres()
const schedulers: Scheduler[] = []
const servers: Server[] = []
const mailServers: RunningSmtp[] = []
afterEach(async () => {
  await Promise.all(schedulers.splice(0).map((scheduler) => scheduler.stop()))
  await Promise.all(mailServers.splice(0).map((server) => server.stop()))
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

async function aScheduler(senders: NoticeSender[]): Promise<Scheduler> {
  const own = openAnother()
  const scheduler = await startScheduler({
    database: own,
    queue: createMemoryJobQueue({ log }),
    dispatch: createDispatch(own, { hintSeconds: 30, tenantInFlight: 25 }),
    workers: createWorkers(own),
    notices: createNotices(own),
    deliveries: createDeliveries(own),
    senders,
    deadLetters: createDeadLetters(own),
    housekeeping: createHousekeeping(own),
    clock: systemClock,
    log,
    settings: { noticeWindowMs: 60_000, leadership: { candidacyMs: 50 } },
  })
  schedulers.push(scheduler)
  return scheduler
}

async function aChat() {
  const received: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    received.push(JSON.parse(body).text)
    response.end()
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T/B/X`, received }
}

const byMail = (url: string, deadlineMs: number) =>
  createNoticeEmail({
    mailer: createSmtpMailer({ url, from: 'mooring@platform.example', deadlineMs }),
    to: ['ops@example.com'],
  })

describe('channels', () => {
  it('wait for none of the others: a mail server that tarpits holds up no chat', async () => {
    const tarpit = await startTarpit()
    mailServers.push(tarpit)
    const chat = await aChat()
    await aScheduler([byMail(tarpit.url, 5_000), createSlackWebhook({ url: chat.url })])
    await troubledDomains(database(), { count: 1, tenant: 'a' })
    await vi.waitFor(() => expect(tarpit.visits()).toBe(1), { timeout: 10_000 })
    await troubledDomains(database(), { count: 1, from: 1, tenant: 'b' })
    await vi.waitFor(() => expect(chat.received).toHaveLength(2), { timeout: 4_000 })
    // The mail is still in the tarpit's hands: both messages of the chat went past it.
    expect(tarpit.visits()).toBe(1)
    await vi.waitFor(
      async () => {
        const { data } = await createNoticeDesk(database()).list({ limit: 10, cursor: null })
        const mails = data.flatMap(({ deliveries }) => deliveries.filter(({ channel }) => channel === 'email'))
        expect(mails.map(({ error }) => error)).toContainEqual(
          expect.stringContaining('No answer from the mail server'),
        )
      },
      { timeout: 10_000 },
    )
  })

  it('carry on where a scheduler left off, each message once', async () => {
    const mailbox = await startSmtp()
    mailServers.push(mailbox)
    const chat = await aChat()
    const senders = () => [byMail(mailbox.url, 5_000), createSlackWebhook({ url: chat.url })]
    await troubledDomains(database(), { count: 20 })
    await createNotices(database()).group({
      now: new Date(),
      windowMs: 60_000,
      recoveryMs: 60_000,
      perHour: 30,
      channels: [
        { name: 'email', hears: 'everything' },
        { name: 'slack', hears: 'everything' },
      ],
    })
    await Promise.all([aScheduler(senders()), aScheduler(senders())])
    await vi.waitFor(() => expect([chat.received.length, mailbox.received.length]).toEqual([1, 1]), { timeout: 10_000 })
    await Promise.all(schedulers.splice(0).map((scheduler) => scheduler.stop()))
    expect([chat.received.length, mailbox.received.length]).toEqual([1, 1])
  })
})
