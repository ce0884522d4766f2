import { DAY, type Domain, HOUR, MINUTE, after, reason } from '@mooring/core'
import { createContactBook, createCustomerMails } from '@mooring/postgres'
import { createCustomerSender, createCustomerWriter } from '@mooring/scheduler'
import { type Mail, openCustomerTemplates } from '@mooring/providers'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother } = usePostgres()

const EDGE = { hostname: 'edge.platform.example', addresses: ['192.0.2.1'] }
const verification = (issuedAt: Date): Domain['verification'] => ({
  method: 'txt',
  routing: true,
  token: 'ab'.repeat(20),
  issuedAt,
  expiresAt: after(issuedAt, 7 * DAY),
  previous: null,
})
let now: Date
let sent: Mail[]
beforeEach(() => {
  now = new Date()
  sent = []
})
const later = (ms: number) => after(now, ms)
const contacts = () => createContactBook(database())
const acme = { tenant: 'acme', domainId: null }
const aContact = () => contacts().put(acme, { email: 'owner@customer.example', locale: 'en' })

const missing = (name: string, facts: Partial<Domain> = {}) =>
  storeDomain(database(), {
    hostname: `${name}.customer.com` as Domain['hostname'],
    tenant: 'acme',
    state: 'verifying',
    step: 'verify_ownership',
    reason: reason('DNS_TXT_MISSING', 'edge-a asked 10.0.0.1 and found nothing'),
    verification: verification(now),
    ...facts,
  })

/** One turn of the scheduler's task, then one of its postman's. */
async function turn(at: Date, scheduler = database()): Promise<void> {
  const mails = createCustomerMails(scheduler)
  const write = createCustomerWriter({
    mails,
    templates: openCustomerTemplates(),
    edge: EDGE,
    publicUrl: 'https://mooring.example',
    gatherMs: 5 * MINUTE,
    windowMs: DAY,
  })
  await write(at)
}

async function deliver(): Promise<string[]> {
  const mailer = { send: async (mail: Mail) => (sent.push(mail), { kind: 'sent' as const }) }
  const sender = createCustomerSender(mailer, createCustomerMails(database()))
  const rows = await database().kysely.selectFrom('deliveries').select(['id', 'body']).orderBy('id').execute()
  const answers: string[] = []
  for (const { id, body } of rows) answers.push((await sender.send({ ...(body as { text: string }), id })).kind)
  await database().kysely.deleteFrom('deliveries').execute()
  return answers
}

describe('mails to customers', () => {
  it('are not written where nobody is to be told', async () => {
    await missing('shop')
    await turn(now)
    await turn(later(HOUR))
    expect(await deliver()).toEqual([])
  })

  it('tell the records to add of many domains in one mail, once', async () => {
    await aContact()
    for (const name of ['a', 'b', 'c']) await missing(name)
    await turn(now)
    expect(await deliver()).toEqual([])
    await Promise.all([turn(later(6 * MINUTE)), turn(later(6 * MINUTE), openAnother())])
    await deliver()
    expect(sent).toMatchObject([{ to: ['owner@customer.example'], subject: '3 domains: records to add' }])
    expect(sent[0]?.text).toMatch(/TXT {2}_mooring-challenge\.a\.customer\.com\n +token=abab/)
    await turn(later(12 * HOUR))
    expect(await deliver()).toEqual([])
  })

  it('hold back more of the same topic for a day, and other topics not', async () => {
    await aContact()
    await missing('a')
    await turn(now)
    await turn(later(6 * MINUTE))
    await missing('b')
    const gone = later(7 * DAY)
    await missing('c', { state: 'deprovisioning', step: 'sit_out_grace', reason: null, deleteAfter: gone })
    await turn(later(HOUR))
    await turn(later(2 * HOUR))
    await deliver()
    expect(sent.map(({ subject }) => subject)).toEqual(['a.customer.com: records to add', 'c.customer.com: leaving'])
    expect(sent[1]?.text).toContain(gone.toISOString().slice(0, 10))
    // Still in need of it a day later, that is said in the other mail.
    await turn(later(25 * HOUR))
    await turn(later(26 * HOUR))
    await deliver()
    expect(sent.slice(2).map(({ subject }) => subject)).toEqual(['2 domains: records are still missing'])
  })

  it('say nothing that is not so any more', async () => {
    await aContact()
    const { domain } = await missing('a')
    await turn(now)
    await sql`update domains set state = 'active', reason = null where id = ${domain.id}`.execute(database().kysely)
    await turn(later(HOUR))
    expect(await deliver()).toEqual([])
  })

  it('tell of a rotation, a lost proof and a certificate that only the customer can mend', async () => {
    await aContact()
    const active = { state: 'active', step: 'reverify', reason: null } as const
    await missing('r', {
      ...active,
      verification: {
        ...verification(now),
        previous: { token: 'cd'.repeat(20), acceptedUntil: later(30 * DAY), reminders: 0 },
      },
    })
    await missing('p', { ...active, ownershipMissedAt: now })
    const { domain } = await missing('c', active)
    const because = JSON.stringify(reason('CAA_FORBIDS', 'issue "other-ca" as seen by resolver 10.0.0.1'))
    await sql`update domains set renewal_reason = ${because}::jsonb where id = ${domain.id}`.execute(database().kysely)
    await turn(now)
    await turn(later(HOUR))
    await deliver()
    expect(sent.map(({ subject }) => subject).toSorted()).toEqual([
      'c.customer.com: the certificate cannot be renewed',
      'p.customer.com: the ownership record is gone',
      'r.customer.com: a new ownership record',
    ])
    expect(JSON.stringify(sent)).toContain('A CAA record forbids')
    expect(JSON.stringify(sent)).not.toMatch(/10\.0\.0\.1|edge-a/)
  })

  it('go to the domain’s own contact where it has one', async () => {
    await aContact()
    const { domain } = await missing('a')
    await contacts().put({ tenant: 'acme', domainId: domain.id }, { email: 'shop@customer.example', locale: 'en' })
    expect(
      await contacts().put({ tenant: 'globex', domainId: domain.id }, { email: 'x@y.example', locale: 'en' }),
    ).toBeNull()
    await turn(now)
    await turn(later(HOUR))
    await deliver()
    expect(sent.map(({ to }) => to)).toEqual([['shop@customer.example']])
  })

  it('end for one topic by the link in them, even those that are on their way', async () => {
    await aContact()
    await missing('a')
    await turn(now)
    await turn(later(HOUR))
    const { body } = await database().kysely.selectFrom('deliveries').select('body').executeTakeFirstOrThrow()
    const { unsubscribeUrl } = body['mail'] as { unsubscribeUrl: string }
    const token = unsubscribeUrl.slice('https://mooring.example/unsubscribe/'.length)
    expect(await contacts().unsubscribe(`${token.slice(0, -1)}?`)).toBe(false)
    expect(await contacts().unsubscribe(token)).toBe(true)
    expect(await contacts().unsubscribe(token)).toBe(true)
    expect(await deliver()).toEqual(['refused'])
    expect((await contacts().find(acme))?.unsubscribed).toEqual(['records_to_add'])
    await missing('b')
    await missing('c', { state: 'deprovisioning', step: 'sit_out_grace', reason: null, deleteAfter: later(DAY) })
    await turn(later(2 * HOUR))
    await turn(later(3 * HOUR))
    await deliver()
    expect(sent.map(({ subject }) => subject)).toEqual(['c.customer.com: leaving'])

    await contacts().put(acme, { email: 'new-owner@customer.example', locale: 'en' })
    expect((await contacts().find(acme))?.unsubscribed).toEqual([])
    expect(await contacts().unsubscribe(token)).toBe(false)
  })

  it('are sent with the headers for one click', async () => {
    await aContact()
    await missing('a')
    await turn(now)
    await turn(later(HOUR))
    await deliver()
    expect(sent[0]?.headers).toEqual({
      'List-Unsubscribe': expect.stringMatching(/^<https:\/\/mooring\.example\/unsubscribe\/con_/),
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    })
  })
})
