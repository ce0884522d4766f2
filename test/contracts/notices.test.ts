import { HOUR, MINUTE, type Notice, type NoticeChannel, after } from '@mooring/core'
import { type Database, type NoticeRules, createDeliveries, createNoticeDesk, createNotices } from '@mooring/postgres'
import { describe, expect, it } from 'vitest'
import { type Troubled, recover, troubledDomains } from '../builders/troubled-domains.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother } = usePostgres()

const NOON = new Date('2026-11-21T12:00:00Z')
const SLACK: NoticeChannel = { name: 'slack', hears: 'everything' }
const RULES: NoticeRules = { windowMs: 10 * MINUTE, recoveryMs: 5 * MINUTE, perHour: 30, channels: [SLACK] }
const minute = (minutes: number) => after(NOON, minutes * MINUTE)

const fail = (count: number, facts: Omit<Troubled, 'count'> = {}) => troubledDomains(database(), { count, ...facts })
const group = (
  minutes: number,
  { scheduler = database(), ...rules }: Partial<NoticeRules & { scheduler: Database }> = {},
) => createNotices(scheduler).group({ now: minute(minutes), ...RULES, ...rules })
const counts = (notices: Notice[]) => notices.map(({ kind, count }) => `${kind} ${count}`)
const messages = async (channel = 'slack') => {
  const rows = await database()
    .kysely.selectFrom('deliveries')
    .select('body')
    .where('channel', '=', channel)
    .orderBy('id')
    .execute()
  return rows.map(({ body }) => String(body['text']))
}

describe('notices', () => {
  it('tell 500 failing domains in one message now and one digest later, over two schedulers and a restart', async () => {
    const [one, two] = [openAnother(), openAnother()]
    await Promise.all([
      (async () => {
        for (let from = 0; from < 500; from += 25) await fail(25, { from })
      })(),
      (async () => {
        for (let turn = 0; turn < 30; turn += 1) await group(0, { scheduler: one })
      })(),
      (async () => {
        for (let turn = 0; turn < 30; turn += 1) await group(1, { scheduler: two })
      })(),
    ])
    await group(2, { scheduler: one })
    expect(await messages()).toEqual([expect.stringMatching(/^n\d+\.example\.com: DNS_RECORD_MISSING\./)])

    await Promise.all([one.close(), two.close()])
    const restarted = [openAnother(), openAnother()]
    const told = (await Promise.all(restarted.map((scheduler) => group(12, { scheduler })))).flat()
    expect(counts(told)).toEqual(['digest 499'])
    expect(await messages()).toEqual([
      expect.anything(),
      expect.stringMatching(/^499 more domains: DNS_RECORD_MISSING at acme in 1[12] min\./),
    ])
    expect(await group(30)).toEqual([])
  })

  it('tell 10,000 failing domains of 500 tenants in three messages, every one counted', async () => {
    const told: Notice[] = []
    for (let turn = 0; turn < 10; turn += 1) {
      await fail(1000, { from: turn * 1000, tenants: 500 })
      told.push(...(await group(turn / 10)))
    }
    for (let minutes = 1; minutes < 50; minutes += 1) told.push(...(await group(minutes)))
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(10_000)
    const sent = await messages()
    expect(sent.length).toBeLessThanOrEqual(3)
    const counted = sent.map((text) => Number(/, ([\d,]+) domains/.exec(text)?.[1]?.replace(',', '') ?? 1))
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(10_000)
  })

  it('keep tenants apart, and a trouble of an edge together', async () => {
    await fail(2, { tenant: 'acme' })
    await fail(2, { from: 2, tenant: 'globex' })
    await fail(1, { from: 4, tenant: 'acme', code: 'EDGE_REJECTED_CONFIG' })
    await fail(1, { from: 5, tenant: 'globex', code: 'EDGE_REJECTED_CONFIG' })
    const told = await group(0)
    expect(told.map(({ topic }) => topic.key).toSorted()).toEqual([
      'DNS_RECORD_MISSING tenant:acme',
      'DNS_RECORD_MISSING tenant:globex',
      'EDGE_REJECTED_CONFIG edge:default',
    ])
    expect(await messages()).toEqual([expect.stringContaining('DNS_RECORD_MISSING at 2 tenants, 2 domains')])
  })

  it('do not count a domain twice that fails again, and do when it was over in between', async () => {
    await fail(3)
    await fail(2)
    expect(counts(await group(0))).toEqual(['first 1'])
    await fail(3)
    await group(5)
    await fail(4)
    expect(counts(await group(10))).toEqual(['digest 3'])
    await recover(database(), 'dom_0')
    expect(await group(20)).toEqual([])
    await fail(1)
    expect(counts(await group(21))).toEqual(['first 1'])
  })

  it('tell once that a trouble is over, when nobody had it for a while', async () => {
    await fail(47)
    await group(0)
    await group(10)
    await recover(database())
    expect(await group(120)).toEqual([])
    await fail(1)
    expect(await group(122)).toEqual([])
    await recover(database())
    await group(129)
    const [one, two] = [openAnother(), openAnother()]
    const told = await Promise.all([one, two].map((scheduler) => group(135, { scheduler })))
    expect(counts(told.flat())).toEqual(['recovered 47'])
    expect((await messages()).at(-1)).toBe('recovered: DNS_RECORD_MISSING at acme, 47 domains, after 2 h.')
    expect(await group(300)).toEqual([])
    expect(await database().kysely.selectFrom('notice_members').selectAll().execute()).toEqual([])
  })

  it('escalate once after an hour and once after a day, to those who hear of escalations', async () => {
    const channels: NoticeChannel[] = [
      { name: 'slack', hears: 'usual' },
      { name: 'escalation-email', hears: 'escalations' },
    ]
    await fail(2, { code: 'CA_REJECTED' })
    for (const minutes of [0, 30, 61, 70, 1500, 3000]) await group(minutes, { channels })
    await recover(database())
    for (const minutes of [3020, 3030]) await group(minutes, { channels })
    expect(await messages('slack')).toEqual([
      expect.stringMatching(/^n0\.example/),
      expect.stringMatching(/^1 more domain/),
      expect.stringMatching(/^recovered/),
    ])
    expect(await messages('escalation-email')).toEqual([
      expect.stringMatching(/^\[urgent\] Not over after 1 h: CA_REJECTED at acme, 2 domains\./),
      expect.stringMatching(/^\[urgent\] Not over after 25 h/),
      expect.stringMatching(/^recovered/),
    ])
  })

  it('hold back what is above the cap, whichever scheduler tells, and tell it in the next message', async () => {
    const rules = { perHour: 3 }
    for (let tenant = 0; tenant < 12; tenant += 1) {
      await fail(1, { from: tenant, tenant: `t${tenant}` })
      await Promise.all([openAnother(), openAnother()].map((scheduler) => group(tenant, { ...rules, scheduler })))
    }
    expect(await messages()).toHaveLength(1)
    const desk = createNoticeDesk(database())
    const held = (await desk.list({ limit: 50, cursor: null })).data.filter((notice) => notice.held === 'capped')
    expect(held).toHaveLength(11)
    expect(await group(20, rules)).toEqual([])
    expect(await messages()).toEqual([
      expect.anything(),
      expect.stringMatching(/^DNS_RECORD_MISSING at 11 tenants, 11 domains\n\(11 notices in one/),
    ])
    expect((await desk.list({ limit: 50, cursor: null })).data.filter((notice) => notice.held !== null)).toEqual([])
  })

  it('are counted while a silence is in force, and told in sum when it is over', async () => {
    const desk = createNoticeDesk(database())
    const silence = { id: 'sil_1', code: 'DNS_RECORD_MISSING', tenant: null, until: minute(50), why: 'a move' }
    await desk.addSilence({ ...silence, createdBy: 'Ada', createdAt: NOON })
    await fail(3)
    await fail(1, { from: 3, code: 'CA_REJECTED' })
    await group(0)
    await group(10)
    expect(await messages()).toEqual([expect.stringContaining('CA_REJECTED')])
    const { data } = await desk.list({ limit: 50, cursor: null })
    expect(data.map(({ code, count, held }) => `${code} ${count} ${held}`).toSorted()).toEqual([
      'CA_REJECTED 1 null',
      'DNS_RECORD_MISSING 1 silenced',
      'DNS_RECORD_MISSING 2 silenced',
    ])

    await Promise.all([openAnother(), openAnother()].map((scheduler) => group(50, { scheduler })))
    expect((await messages()).slice(1)).toEqual([
      expect.stringMatching(
        /^3 domains: DNS_RECORD_MISSING at acme, held back by a silence that is over \(2 notices\)/,
      ),
    ])
    await fail(1, { from: 9 })
    await group(51)
    expect(await messages()).toHaveLength(3)
  })

  it('say when there is something to do, and cost nothing otherwise', async () => {
    const notices = createNotices(database())
    const isDue = (minutes: number) => notices.isDue(minute(minutes), RULES)
    expect(await isDue(0)).toBe(false)
    await fail(1)
    expect(await isDue(0)).toBe(true)
    await group(0)
    expect(await isDue(0.5)).toBe(false)
    expect(await isDue(2)).toBe(true)
    await recover(database())
    await group(3)
    await group(9)
    expect(await isDue(HOUR)).toBe(false)
  })

  it('take a large backlog in one go', async () => {
    await fail(1201)
    expect(counts(await group(0))).toEqual(['first 1'])
    expect(counts(await group(10))).toEqual(['digest 1200'])
  })

  it('take over what the release before wrote', async () => {
    await database()
      .kysely.insertInto('notice_groups')
      .values({
        group_key: 'CA_REJECTED',
        code: null,
        scope: 'tenant',
        subject: null,
        window_until: minute(5),
        held: 3,
        sample: JSON.stringify({ groupKey: 'CA_REJECTED', domainId: 'dom_1', hostname: 'a.example.com', reason: {} }),
      })
      .execute()
    expect(counts(await group(6))).toEqual(['digest 3'])
    expect(await messages()).toEqual([expect.stringMatching(/^3 more domains: CA_REJECTED in/)])
  })

  it('carry nothing that a reason quotes', async () => {
    await fail(5)
    await group(0)
    await group(10)
    expect(JSON.stringify(await messages())).not.toContain('s3cret')
  })
})

describe('deliveries', () => {
  const deliveries = (scheduler: Database = database()) => createDeliveries(scheduler)
  const claim = (facts: { channels?: string[]; leaseMs?: number } = {}, scheduler: Database = database()) =>
    deliveries(scheduler).claim({ channels: ['slack'], limit: 10, leaseMs: 60_000, ...facts })
  const aDelivery = async () => {
    await fail(1)
    await group(0)
  }
  const stored = () => database().kysely.selectFrom('deliveries').selectAll().executeTakeFirstOrThrow()
  const makeDue = () =>
    database()
      .kysely.updateTable('deliveries')
      .set({ next_run_at: new Date(0) })
      .execute()

  it('are in one pair of hands at a time', async () => {
    await fail(1, { code: 'CA_REJECTED' })
    await fail(1, { from: 1, code: 'DNS_TXT_MISSING' })
    await group(0)
    const taken = await Promise.all([openAnother(), openAnother(), openAnother()].map((one) => claim({}, one)))
    expect(taken.flat()).toHaveLength(2)
    expect(await claim()).toEqual([])
  })

  it('are sent once', async () => {
    await aDelivery()
    const [delivery] = await claim()
    expect(delivery).toMatchObject({ channel: 'slack', attempt: 1, body: { text: expect.any(String) } })
    expect(delivery && (await deliveries().succeed(delivery))).toBe(true)
    expect(await stored()).toMatchObject({ delivered_at: expect.any(Date), next_run_at: null })
    expect(await claim()).toEqual([])
  })

  it('come back after their delay, and count their tries', async () => {
    await aDelivery()
    const [delivery] = await claim()
    if (delivery !== undefined) await deliveries().fail(delivery, { detail: 'answered 503', delayMs: 60_000 })
    expect(await claim()).toEqual([])
    expect(await stored()).toMatchObject({ last_error: 'answered 503', delivered_at: null })
    await makeDue()
    expect(await claim()).toMatchObject([{ attempt: 2 }])
  })

  it('are given up with their error kept, which people see beside the notice', async () => {
    await aDelivery()
    const [delivery] = await claim()
    if (delivery !== undefined) await deliveries().fail(delivery, { detail: 'answered 404', delayMs: null })
    expect(await stored()).toMatchObject({ next_run_at: null, delivered_at: null, last_error: 'answered 404' })
    expect((await createNoticeDesk(database()).list({ limit: 1, cursor: null })).data).toMatchObject([
      { deliveries: [{ channel: 'slack', status: 'failed', attempt: 1, error: 'answered 404' }] },
    ])
  })

  it('go to another process when the first one died, whose late word is not heard', async () => {
    await aDelivery()
    const [lost] = await claim({ leaseMs: 0 })
    const [taken] = await claim()
    expect(taken).toMatchObject({ id: lost?.id, attempt: 2 })
    expect(lost && (await deliveries().fail(lost, { detail: 'late', delayMs: 0 }))).toBe(false)
    expect(lost && (await deliveries().succeed(lost))).toBe(false)
    expect(taken && (await deliveries().succeed(taken))).toBe(true)
  })

  it('wait for a channel that is not configured', async () => {
    await aDelivery()
    expect(await claim({ channels: [] })).toEqual([])
    expect(await claim({ channels: ['e-mail'] })).toEqual([])
    expect(await claim()).toHaveLength(1)
  })
})
