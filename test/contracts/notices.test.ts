import { MINUTE, type Notice, type ReasonCode, after, reason } from '@mooring/core'
import { type Database, createDeliveries, createNotices } from '@mooring/postgres'
import { describe, expect, it } from 'vitest'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother } = usePostgres()

const NOON = new Date('2026-11-21T12:00:00Z')
const at = (minutes: number) => ({ now: after(NOON, minutes * MINUTE), windowMs: 10 * MINUTE, channels: ['slack'] })

/** Domains `from` to `from + count` fail for the same reason, as the transition that records it writes. */
async function fail(count: number, from = 0, code: ReasonCode = 'DNS_RECORD_MISSING'): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => ({
    group_key: code,
    domain_id: `dom_${from + index}`,
    hostname: `n${from + index}.example.com`,
    reason: JSON.stringify(reason(code, 'token=s3cret is not there')),
  }))
  await database().kysely.insertInto('notice_outbox').values(rows).execute()
}

const group = (minutes: number, scheduler: Database = database()) => createNotices(scheduler).group(at(minutes))
const counts = (notices: Notice[]) => notices.map(({ kind, count }) => `${kind} ${count}`)
const texts = async () =>
  (await database().kysely.selectFrom('deliveries').select('body').orderBy('id').execute()).map(
    ({ body }) => body['text'],
  )

describe('notices', () => {
  it('tell 500 failing domains in one message now and one digest later, over two schedulers and a restart', async () => {
    const [one, two] = [openAnother(), openAnother()]
    await Promise.all([
      (async () => {
        for (let from = 0; from < 500; from += 25) await fail(25, from)
      })(),
      (async () => {
        for (let turn = 0; turn < 30; turn += 1) await group(0, one)
      })(),
      (async () => {
        for (let turn = 0; turn < 30; turn += 1) await group(1, two)
      })(),
    ])
    await group(2, one)
    expect(await texts()).toEqual([expect.stringMatching(/^n\d+\.example\.com: DNS_RECORD_MISSING\./)])

    await Promise.all([one.close(), two.close()])
    const restarted = [openAnother(), openAnother()]
    const told = (await Promise.all(restarted.map((scheduler) => group(12, scheduler)))).flat()
    expect(counts(told)).toEqual(['digest 499'])
    expect(await texts()).toEqual([
      expect.anything(),
      expect.stringMatching(/^499 more domains: DNS_RECORD_MISSING in 1[12] min\./),
    ])
    expect(await group(30)).toEqual([])
  })

  it('keep each reason in a group of its own', async () => {
    await fail(2, 0, 'CA_REJECTED')
    await fail(2, 2, 'DNS_TXT_MISSING')
    expect(counts(await group(0))).toEqual(['first 1', 'first 1'])
    expect(counts(await group(10))).toEqual(['digest 1', 'digest 1'])
  })

  it('do not count a domain twice that fails again', async () => {
    await fail(3)
    await fail(2)
    expect(counts(await group(0))).toEqual(['first 1'])
    await fail(3)
    await group(5)
    await fail(4)
    expect(counts(await group(10))).toEqual(['digest 3'])
  })

  it('tell a failure at once again after a quiet window', async () => {
    await fail(1)
    await group(0)
    expect(await group(10)).toEqual([])
    await fail(1)
    expect(counts(await group(11))).toEqual(['first 1'])
  })

  it('say when there is something to do, and cost nothing otherwise', async () => {
    const notices = createNotices(database())
    expect(await notices.isDue(at(0).now)).toBe(false)
    await fail(1)
    expect(await notices.isDue(at(0).now)).toBe(true)
    await group(0)
    expect(await notices.isDue(at(9).now)).toBe(false)
    expect(await notices.isDue(at(10).now)).toBe(true)
    await group(10)
    expect(await notices.isDue(at(30).now)).toBe(false)
  })

  it('take a large backlog in one go', async () => {
    await fail(1201)
    expect(counts(await group(0))).toEqual(['first 1'])
    expect(counts(await group(10))).toEqual(['digest 1200'])
  })

  it('carry nothing that a reason quotes', async () => {
    await fail(5)
    await group(0)
    await group(10)
    expect(JSON.stringify(await texts())).not.toContain('s3cret')
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
    await fail(1, 0, 'CA_REJECTED')
    await fail(1, 1, 'DNS_TXT_MISSING')
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

  it('are given up with their error kept', async () => {
    await aDelivery()
    const [delivery] = await claim()
    if (delivery !== undefined) await deliveries().fail(delivery, { detail: 'answered 404', delayMs: null })
    expect(await stored()).toMatchObject({ next_run_at: null, delivered_at: null, last_error: 'answered 404' })
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
