import { createKeyCustody, type Domain, newMessageId, newWebhookId, newWebhookSecret } from '@mooring/core'
import {
  createRegistry,
  createWebhookFanOut,
  createWebhookOutbox,
  createWebhookStore,
  type OutgoingWebhook,
  type WebhookVerdict,
} from '@mooring/postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother, asSuperuser } = usePostgres()
const custody = createKeyCustody('0f'.repeat(32))
const PAGE = { limit: 100, cursor: null }
let store: ReturnType<typeof createWebhookStore>
let outbox: ReturnType<typeof createWebhookOutbox>
beforeEach(() => {
  store = createWebhookStore(database())
  outbox = createWebhookOutbox(database())
})

const fanOutOn = (at = database()) =>
  createWebhookFanOut(at, (event, { domain }) => ({
    domain: { id: domain.id, state: domain.state, metadata: domain.metadata },
    facts: event.data,
  }))

async function aWebhook(more: { tenant?: string | null; types?: ['domain.active'] | null } = {}) {
  const id = newWebhookId()
  const sealedSecret = custody.seal(newWebhookSecret(), { ownerId: id, secretId: 'webhook-secret' })
  const made = await store.create({
    id,
    url: 'https://platform.example/',
    tenant: null,
    types: null,
    description: '',
    createdBy: 'a test',
    sealedSecret,
    ...more,
  })
  return made?.id as string
}
const aDomain = async (more: Partial<Domain> = {}) => (await storeDomain(database(), more)).domain.id
const write = (domainId: string, ...types: string[]) =>
  database().pool.query(
    `insert into events (domain_id, type, actor) select $1, type, 'mooring' from unnest($2::text[]) as type`,
    [domainId, types],
  )
/** Until `count` are there: transactions of other tests on the same server hold up the stream, too. */
async function fanOut(count: number, at = database()): Promise<void> {
  for (let written = 0; written < count; ) written += (await fanOutOn(at).batch()).written
  expect((await fanOutOn(at).batch()).written).toBe(0)
}
/** All webhooks are proven, unless it is said which. */
async function claim(more: Partial<Parameters<typeof outbox.claim>[0]> = {}, at = outbox) {
  const { rows } = await database().pool.query<{ id: string }>('select id from webhooks')
  const proven = rows.map(({ id }) => id)
  return at.claim({ limit: 32, perWebhook: 8, proven, leaseMs: 60_000, ...more })
}
const verdict = (kind: WebhookVerdict['kind'], delayMs: number | null = null): WebhookVerdict => ({
  kind,
  tried: { at: '2026-01-01T00:00:00Z', ms: 3, status: kind === 'delivered' ? 200 : 500, error: null, excerpt: 'ok' },
  requestHeaders: { 'webhook-id': 'x' },
  delayMs,
})
const deliver = (message: OutgoingWebhook) => outbox.settle(message, verdict('delivered'))
/** Everything that is due, in turns, until nothing is. */
async function deliverAll(): Promise<OutgoingWebhook[]> {
  const sent: OutgoingWebhook[] = []
  for (;;) {
    const claimed = await claim()
    if (claimed.length === 0) return sent
    for (const message of claimed) await deliver(message)
    sent.push(...claimed)
  }
}
const typesOf = (messages: OutgoingWebhook[]) => messages.map(({ body }) => body['type'])
const deliveriesOf = async (id: string) => (await store.deliveries(id, {}, PAGE)).data

describe('fan-out', () => {
  it('makes a delivery of each public event for each webhook that listens', async () => {
    const [all, active, foreign] = [
      await aWebhook(),
      await aWebhook({ types: ['domain.active'] }),
      await aWebhook({ tenant: 'other' }),
    ]
    const domainId = await aDomain({ tenant: 'acme', state: 'active', step: 'reverify', metadata: { plan: 'pro' } })
    await write(domainId, 'domain.created', 'domain.verifying', 'domain.active')

    await fanOut(3)

    expect((await deliveriesOf(all)).map(({ type }) => type).toSorted()).toEqual(['domain.active', 'domain.created'])
    const [only] = await deliveriesOf(active)
    expect(only).toMatchObject({ type: 'domain.active', domainId, status: 'pending', attempt: 0, tries: [] })
    expect(only?.body).toEqual({
      type: 'domain.active',
      timestamp: expect.stringMatching(/Z$/),
      data: { domain: { id: domainId, state: 'active', metadata: { plan: 'pro' } }, facts: {} },
    })
    expect(await deliveriesOf(foreign)).toEqual([])
  })

  it('tells a webhook nothing of before it was there', async () => {
    const domainId = await aDomain()
    await write(domainId, 'domain.created')
    const late = await aWebhook()
    await write(domainId, 'domain.active')
    await fanOut(1)
    expect((await deliveriesOf(late)).map(({ type }) => type)).toEqual(['domain.active'])
  })

  it('passes over what nobody hears, and loses nothing of what comes after the first webhook', async () => {
    const domainId = await aDomain()
    await write(domainId, 'domain.created')
    expect(await fanOutOn().batch()).toEqual({ written: 0, isEnd: true })
    await aWebhook()
    await write(domainId, 'domain.active')
    await fanOut(1)
  })

  it('makes each delivery once, with four at it at the same time', async () => {
    const webhook = await aWebhook()
    const domains = await Promise.all(Array.from({ length: 20 }, () => aDomain()))
    for (const id of domains) await write(id, 'domain.created', 'domain.verified', 'domain.active')
    const others = [database(), openAnother(), openAnother(), openAnother()]
    let written = 0
    while (written < 60) {
      const batches = await Promise.all(others.map((at) => fanOutOn(at).batch()))
      written += batches.reduce((sum, batch) => sum + batch.written, 0)
    }
    expect(await deliveriesOf(webhook)).toHaveLength(60)
  })

  it('writes nothing of a batch that dies, and all of it the next time', async () => {
    const webhook = await aWebhook()
    const domainId = await aDomain()
    await write(domainId, 'domain.created', 'domain.active')
    await asSuperuser(`
      create function die() returns trigger language plpgsql as $$ begin raise 'dies here'; end $$;
      create trigger die before update on webhook_cursor for each row execute function die();`)
    await expect(
      (async () => {
        for (;;) await fanOutOn().batch()
      })(),
    ).rejects.toThrow('dies here')
    expect(await deliveriesOf(webhook)).toEqual([])
    await asSuperuser('drop trigger die on webhook_cursor')
    await fanOut(2)
  })

  it('keeps what a disabled webhook misses, and sends it when it is enabled again', async () => {
    const webhook = await aWebhook()
    await store.change(webhook, { enabled: false })
    await write(await aDomain(), 'domain.created')
    await fanOut(1)
    expect(await claim()).toEqual([])
    await store.change(webhook, { enabled: true })
    expect(typesOf(await claim())).toEqual(['domain.created'])
  })

  it('forgets what a person typed once the domain is erased', async () => {
    const webhook = await aWebhook()
    const domainId = await aDomain({ state: 'deprovisioned', metadata: { email: 'ann@example.com' } })
    await write(domainId, 'domain.deprovisioned')
    await fanOut(1)
    expect(JSON.stringify(await deliveriesOf(webhook))).toContain('ann@example.com')
    await createRegistry(database(), { tokenLifetimeMs: 1, rotationGraceMs: 1 }).erase(domainId)
    for (let left = true; left; left = JSON.stringify(await deliveriesOf(webhook)).includes('ann@example.com')) {
      await fanOutOn().batch()
    }
    const [kept] = await deliveriesOf(webhook)
    expect(kept?.body).toMatchObject({ type: 'domain.deprovisioned', data: { domain: { id: domainId } } })
  })

  it('goes on where it was after a restore into a cluster that has counted fewer transactions', async () => {
    const webhook = await aWebhook()
    const domainId = await aDomain()
    await write(domainId, 'domain.created', 'domain.verified')
    await fanOut(2)
    await write(domainId, 'domain.active')
    // As pg_restore leaves it: everything bears numbers that this cluster has not reached.
    await asSuperuser(`
      update events set tx = (tx::text::bigint + 1000000000)::text::xid8;
      update webhook_cursor set tx = (tx::text::bigint + 1000000000)::text::xid8;
      update webhooks set hears_from = (hears_from::text::bigint + 1000000000)::text::xid8;`)
    await write(domainId, 'domain.suspended')

    await fanOutOn().repair()
    await fanOut(2)

    expect((await deliveriesOf(webhook)).map(({ type }) => type).toSorted()).toEqual([
      'domain.active',
      'domain.created',
      'domain.suspended',
      'domain.verified',
    ])
    await fanOutOn().repair()
    expect((await fanOutOn().batch()).written, 'a second repair finds nothing').toBe(0)
  })
})

describe('the outbox', () => {
  it('sends the messages of a domain one after the other, in the order of its events', async () => {
    await aWebhook()
    const domainId = await aDomain()
    await write(domainId, 'domain.created', 'domain.verified', 'domain.active')
    await fanOut(3)

    const first = await claim()
    expect(typesOf(first)).toEqual(['domain.created'])
    expect(await claim(), 'the others wait for it').toEqual([])
    await deliver(first[0] as OutgoingWebhook)
    expect(typesOf(await deliverAll())).toEqual(['domain.verified', 'domain.active'])
  })

  it('lets a later message wait while the earlier one is tried again, and go when that is given up', async () => {
    const webhook = await aWebhook()
    await write(await aDomain(), 'domain.created', 'domain.active')
    await fanOut(2)
    const [message] = (await claim()) as [OutgoingWebhook]

    await outbox.settle(message, verdict('failed', 60_000))
    expect(await claim()).toEqual([])
    const pending = (await deliveriesOf(webhook)).find(({ id }) => id === message.id)
    expect(pending).toMatchObject({ status: 'pending', attempt: 1, tries: [{ status: 500 }] })
    expect(pending?.nextAt?.getTime()).toBeGreaterThan(Date.now() + 30_000)

    await database().pool.query('update webhook_lines set next_run_at = now()')
    const [again] = (await claim()) as [OutgoingWebhook]
    expect(again).toMatchObject({ id: message.id, attempt: 2 })
    await outbox.settle(again, verdict('failed', null))
    expect(typesOf(await deliverAll())).toEqual(['domain.active'])
    expect((await store.deliveries(webhook, { status: 'failed' }, PAGE)).data).toHaveLength(1)
  })

  it('never leaves a message behind that is added while the last one of its line is settled', async () => {
    await aWebhook()
    const domainId = await aDomain()
    let sent = 0
    for (let round = 0; round < 20; round++) {
      await write(domainId, 'domain.active')
      const fanning = fanOut(1)
      const sending = deliverAll()
      await fanning
      sent += (await sending).length
    }
    sent += (await deliverAll()).length
    expect(sent).toBe(20)
  })

  it('has at most eight of a proven webhook in hand, one of another, and no more than asked for', async () => {
    const [fresh, proven] = [await aWebhook(), await aWebhook()]
    for (let n = 0; n < 12; n++) await write(await aDomain(), 'domain.active')
    await fanOut(24)
    const first = await claim({ limit: 32, proven: [proven] })
    expect(Map.groupBy(first, ({ webhookId }) => webhookId).get(fresh)).toHaveLength(1)
    expect(Map.groupBy(first, ({ webhookId }) => webhookId).get(proven)).toHaveLength(8)
    expect(await claim({ limit: 3 })).toHaveLength(3)
    expect(await claim()).toHaveLength(4)
    expect(await claim()).toEqual([])
  })

  it('is never held by two at once', async () => {
    await aWebhook()
    for (let n = 0; n < 8; n++) await write(await aDomain(), 'domain.active')
    await fanOut(8)
    const others = [outbox, createWebhookOutbox(openAnother()), createWebhookOutbox(openAnother())]
    const claimed = (await Promise.all(others.map((at) => claim({}, at)))).flat()
    expect(new Set(claimed.map(({ id }) => id)).size).toBe(claimed.length)
    const all = [...claimed, ...(await claim())]
    expect(all).toHaveLength(8)
  })

  it('is taken over when a process dies, which can settle nothing any more', async () => {
    const webhook = await aWebhook()
    await write(await aDomain(), 'domain.active')
    await fanOut(1)
    const [stale] = (await claim({ leaseMs: 0 })) as [OutgoingWebhook]
    const [fresh] = (await claim()) as [OutgoingWebhook]
    expect(fresh).toMatchObject({ id: stale.id, attempt: 2 })
    expect(await outbox.settle(stale, verdict('failed', null))).toBe(false)
    expect(await deliver(fresh)).toBe(true)
    expect(await deliver(fresh), 'twice is once').toBe(false)
    expect(await deliveriesOf(webhook)).toMatchObject([{ status: 'delivered', tries: [{ status: 200 }] }])
  })

  it('takes back what was not tried', async () => {
    await aWebhook()
    await write(await aDomain(), 'domain.active')
    await fanOut(1)
    const [message] = (await claim()) as [OutgoingWebhook]
    await outbox.release(message)
    expect(await claim()).toMatchObject([{ id: message.id, attempt: 1 }])
  })

  it('disables a webhook that is gone, and keeps its messages', async () => {
    const webhook = await aWebhook()
    await write(await aDomain(), 'domain.created', 'domain.active')
    await fanOut(2)
    const [message] = (await claim()) as [OutgoingWebhook]
    await outbox.settle(message, verdict('gone'))
    expect(await store.find(webhook)).toMatchObject({ disabledBecause: 'gone', disabledAt: expect.any(Date) })
    await database().pool.query('update webhook_lines set next_run_at = now()')
    expect(await claim()).toEqual([])
    await store.change(webhook, { enabled: true })
    expect(typesOf(await deliverAll())).toEqual(['domain.created', 'domain.active'])
  })

  it('signs with two secrets while a rotation lasts', async () => {
    const webhook = await aWebhook()
    await write(await aDomain(), 'domain.active')
    await fanOut(1)
    const binding = { ownerId: webhook, secretId: 'webhook-secret' }
    await store.rotate(webhook, custody.seal('whsec_bmV3', binding), 60_000)
    const [message] = (await claim()) as [OutgoingWebhook]
    expect(message.sealedSecrets).toHaveLength(2)
    expect(custody.open(message.sealedSecrets[0] as never, binding)).toBe('whsec_bmV3')
    await outbox.release(message)
    await database().pool.query('update webhooks set previous_until = now()')
    expect((await claim())[0]?.sealedSecrets).toHaveLength(1)
  })

  it('forgets what was queued long ago', async () => {
    const webhook = await aWebhook()
    await write(await aDomain(), 'domain.active')
    await fanOut(1)
    await database().pool.query(`update webhook_deliveries set queued_at = now() - interval '31 days'`)
    expect(await outbox.prune(30 * 86_400_000)).toBe(1)
    expect(await deliveriesOf(webhook)).toEqual([])
    expect(await claim(), 'a line without a message ends').toEqual([])
    expect((await database().pool.query('select from webhook_lines')).rowCount).toBe(0)
  })
})

describe('replay', () => {
  it('sends one message again under its id', async () => {
    const webhook = await aWebhook()
    await write(await aDomain(), 'domain.created', 'domain.active')
    await fanOut(2)
    const [created] = (await deliverAll()) as [OutgoingWebhook]
    expect(await store.replay(webhook, created.id)).toMatchObject({ id: created.id, status: 'pending', attempt: 0 })
    expect((await deliverAll()).map(({ id }) => id)).toEqual([created.id])
    expect((await store.delivery(webhook, created.id))?.tries).toHaveLength(2)
    expect(await store.replay(webhook, newMessageId())).toBeNull()
    expect(await store.replay(newWebhookId(), created.id)).toBeNull()
  })

  it('sends everything since a time again, in order', async () => {
    const webhook = await aWebhook()
    const domains = [await aDomain(), await aDomain()]
    for (const id of domains) await write(id, 'domain.created', 'domain.active')
    await fanOut(4)
    await deliverAll()
    await database().pool.query(
      `update webhook_deliveries set created_at = now() - interval '2 hours' where line = $1`,
      [domains[0]],
    )
    const hourAgo = new Date(Date.now() - 3_600_000)
    expect(await store.replaySince(webhook, hourAgo)).toBe(2)
    const sent = await deliverAll()
    expect(sent.map(({ line }) => line)).toEqual([domains[1], domains[1]])
    expect(typesOf(sent)).toEqual(['domain.created', 'domain.active'])
    expect(await store.replaySince(webhook, new Date(0))).toBe(4)
  })

  it('sends a test at once, past whatever waits', async () => {
    const webhook = await aWebhook()
    const id = newMessageId()
    expect(await store.test(webhook, { id, body: { type: 'webhook.test' } })).toMatchObject({ id, domainId: null })
    expect(await claim()).toMatchObject([{ id, body: { type: 'webhook.test' } }])
    expect(await store.test(newWebhookId(), { id: newMessageId(), body: {} })).toBeNull()
  })
})

describe('webhooks of tenants', () => {
  it('are seen and changed by their own tenant only, whatever is asked', async () => {
    const [own, others, platforms] = [
      await aWebhook({ tenant: 'acme' }),
      await aWebhook({ tenant: 'other' }),
      await aWebhook(),
    ]
    await write(await aDomain({ tenant: 'acme' }), 'domain.active')
    await fanOut(2)
    const acme = createWebhookStore(database().asTenant('acme'))
    expect((await acme.list(PAGE)).data.map(({ id }) => id)).toEqual([own])
    expect((await acme.deliveries(own, {}, PAGE)).data).toHaveLength(1)
    const [foreign] = await deliveriesOf(platforms)
    for (const id of [others, platforms]) {
      expect(await acme.find(id)).toBeNull()
      expect(await acme.change(id, { enabled: false })).toBeNull()
      expect(await acme.remove(id)).toBe(false)
      expect((await acme.deliveries(id, {}, PAGE)).data).toEqual([])
    }
    expect(await acme.replay(platforms, foreign?.id as string)).toBeNull()
    expect(await acme.test(own, { id: newMessageId(), body: { type: 'webhook.test' } })).not.toBeNull()
    expect(await acme.remove(own)).toBe(true)
  })

  it('are twenty at most', async () => {
    for (let n = 0; n < 20; n++) expect(await aWebhook({ tenant: 'acme' })).toBeTypeOf('string')
    expect(await aWebhook({ tenant: 'acme' })).toBeUndefined()
    expect(await aWebhook({ tenant: 'other' })).toBeTypeOf('string')
  })
})
