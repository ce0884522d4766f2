import { isAfter, type StreamedEvent, type StreamPlace } from '@mooring/core'
import { createEventStream } from '@mooring/postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother, connect, asSuperuser } = usePostgres()
let stream: ReturnType<typeof createEventStream>
let domainId: string
beforeEach(async () => {
  stream = createEventStream(database())
  domainId = (await storeDomain(database(), { tenant: 'acme', state: 'active', step: 'reverify' })).domain.id
})

const INSERT = `insert into events (domain_id, type, actor) values ($1, $2, 'api')`
const write = (type: string) => database().pool.query(INSERT, [domainId, type])

/** A transaction in hand: it has written the event, and nobody sees it yet. */
async function writing(type: string): Promise<{ commit(): Promise<unknown> }> {
  const client = await connect()
  await client.query('begin')
  await client.query(INSERT, [domainId, type])
  return { commit: () => client.query('commit') }
}

const BEGINNING: StreamPlace = { tx: 0, id: 0 }
async function readAll(from: StreamPlace = BEGINNING, limit = 100) {
  const events: StreamedEvent[] = []
  for (let next = from; ; ) {
    const page = await stream.read(next, limit)
    events.push(...page.events)
    next = page.next
    if (page.isEnd) return { types: events.map(({ type }) => type), events, next }
  }
}
/** Transactions of other tests on the same server hold up the stream, too: what is expected comes in a moment. */
async function readUntil(count: number, from?: StreamPlace) {
  for (;;) {
    const read = await readAll(from)
    if (read.types.length >= count) return read
  }
}

describe('the event stream', () => {
  it('has an event with whose it is', async () => {
    await write('domain.active')
    const { events } = await readUntil(1)
    expect(events[0]).toMatchObject({
      type: 'domain.active',
      actor: 'api',
      data: {},
      domainId,
      tenant: 'acme',
      state: 'active',
    })
    expect(events[0]?.at).toBeInstanceOf(Date)
  })

  it('shows nothing that commits while an older transaction is open, so that a reader misses neither', async () => {
    const slow = await writing('first id, last commit')
    await write('second id, first commit')
    const during = await readAll()
    expect(during.types, 'the id before it may still commit').toEqual([])

    await slow.commit()
    const { types } = await readUntil(2, during.next)
    expect(types).toEqual(['first id, last commit', 'second id, first commit'])
  })

  it('is not held up by a transaction that only reads', async () => {
    const reader = await connect()
    await reader.query('begin isolation level repeatable read; select * from events')
    await write('domain.active')
    expect((await readUntil(1)).types).toEqual(['domain.active'])
  })

  it('goes on from any place, page by page, without a gap or a repetition', async () => {
    for (let n = 0; n < 25; n++) await write(`n${n}`)
    await readUntil(25)
    const all = Array.from({ length: 25 }, (_, n) => `n${n}`)
    for (const limit of [1, 7, 25]) expect((await readAll(BEGINNING, limit)).types).toEqual(all)
    const [, , third] = (await readAll()).events as [StreamedEvent, StreamedEvent, StreamedEvent]
    expect((await readAll(third.place)).types).toEqual(all.slice(3))
  })

  it('gives every event once to a reader beside 8 writers', async () => {
    const another = openAnother()
    const writers = Array.from({ length: 8 }, async (_, w) => {
      for (let n = 0; n < 40; n++) {
        const client = await another.pool.connect()
        await client.query('begin')
        await client.query('select pg_current_xact_id(), pg_sleep(random() * 0.005)')
        await client.query(INSERT, [domainId, `${w}-${n}`])
        await client.query('select pg_sleep(random() * 0.005)')
        await client.query('commit')
        client.release()
      }
    })
    const seen: StreamedEvent[] = []
    let next = BEGINNING
    while (seen.length < 320) {
      const page = await stream.read(next, 20)
      seen.push(...page.events)
      next = page.next
    }
    await Promise.all(writers)
    expect(seen).toHaveLength(320)
    expect(new Set(seen.map(({ id }) => id)).size).toBe(320)
    for (let i = 1; i < seen.length; i++) {
      expect(isAfter((seen[i] as StreamedEvent).place, (seen[i - 1] as StreamedEvent).place)).toBe(true)
    }
    const idsInOrder = seen.every(({ id }, i) => i === 0 || id > (seen[i - 1] as StreamedEvent).id)
    expect(idsInOrder, 'ids are out of order, or this proves nothing').toBe(false)
  })

  it('begins with the events from before it had an order', async () => {
    await write('old 1')
    await write('old 2')
    await asSuperuser('update events set tx = null')
    await write('new')
    await readUntil(3)
    for (const limit of [1, 2, 50]) expect((await readAll(BEGINNING, limit)).types).toEqual(['old 1', 'old 2', 'new'])
  })

  it('ends after everything that there is', async () => {
    await write('before')
    await readUntil(1)
    const end = await stream.end()
    await write('after')
    expect((await readUntil(1, end)).types).toEqual(['after'])
  })

  it('can be resumed within its limit, and neither from too long ago nor from elsewhere', async () => {
    await write('first')
    const { next } = await readUntil(1)
    for (let n = 0; n < 5; n++) await write(`n${n}`)
    await readUntil(6)
    expect(await stream.isResumable(next, 5)).toBe(true)
    expect(await stream.isResumable(next, 4)).toBe(false)
    expect(await stream.isResumable(await stream.end(), 0)).toBe(true)
    expect(await stream.isResumable({ tx: 10 ** 12, id: 1 }, 100)).toBe(false)
    expect(await stream.isResumable(BEGINNING, 100)).toBe(false)
  })

  it('finds its place by an index', async () => {
    await database().pool.query(
      `insert into events (domain_id, type, actor) select $1, 'n', 'api' from generate_series(1, 5000)`,
      [domainId],
    )
    await asSuperuser('analyze events')
    const { rows } = await database().pool.query(
      `explain select * from events
       where tx < pg_snapshot_xmin(pg_current_snapshot()) and (tx, id) > ('99999999'::xid8, 1) order by tx, id limit 100`,
    )
    expect(JSON.stringify(rows)).toContain('Index Scan using events_in_order')
  })
})
