import { type AuthorityHealth, type AuthorityWatch, HEALTHY, isDown } from '@mooring/core'
import { createAuthorityWatch } from '@mooring/postgres'
import { sql } from 'kysely'
import { describe, expect, it, vi } from 'vitest'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother } = usePostgres()

/** Fails as often as it takes to close the authority to everybody. */
async function bringDown(watch: AuthorityWatch): Promise<AuthorityHealth> {
  let health = await watch.failed('acme')
  while (!isDown(health)) health = await watch.failed('acme')
  return health
}

const rows = async () => database().kysely.selectFrom('ca_health').selectAll().execute()
const probeIsDue = () => sql`update ca_health set probe_at = now() - interval '1 ms'`.execute(database().kysely)

describe('the watch over the authorities', () => {
  it('knows of no failure at first, and writes nothing while all answer', async () => {
    const watch = createAuthorityWatch(database())
    expect(await watch.health('acme')).toEqual(HEALTHY)
    await watch.answered('acme')
    expect(await watch.beginProbe('acme')).toBe(false)
    expect(await rows()).toEqual([])
  })

  it('closes an authority after several failures in a row, of whichever process', async () => {
    const [here, there] = [createAuthorityWatch(database()), createAuthorityWatch(openAnother())]
    const all = await Promise.all([here, there, here, there, here].map((watch) => watch.failed('acme')))
    expect(all.filter(isDown)).toHaveLength(1)
    expect(await rows()).toMatchObject([{ ca: 'acme', failures: 5, down_since: expect.any(Date) }])
    expect(await createAuthorityWatch(openAnother()).health('other')).toEqual(HEALTHY)
  })

  it('begins anew when the authority answers in between', async () => {
    const watch = createAuthorityWatch(database())
    for (let failures = 0; failures < 4; failures++) await watch.failed('acme')
    await watch.answered('acme')
    expect(await watch.health('acme')).toEqual(HEALTHY)
    expect(isDown(await watch.failed('acme'))).toBe(false)
  })

  it('takes those who had asked before it was known for one failure', async () => {
    const watch = createAuthorityWatch(database())
    const down = await bringDown(watch)
    const late = await Promise.all(Array.from({ length: 32 }, () => watch.failed('acme')))
    expect(new Set(late.map(({ probeAt }) => probeAt?.getTime()))).toEqual(new Set([down.probeAt?.getTime()]))
  })

  it('sends one probe of the whole fleet, and only when it is due', async () => {
    const watches = Array.from({ length: 4 }, () => createAuthorityWatch(openAnother()))
    await bringDown(createAuthorityWatch(database()))
    const probes = () =>
      Promise.all(watches.flatMap((watch) => [watch, watch]).map((watch) => watch.beginProbe('acme')))
    expect((await probes()).filter(Boolean)).toHaveLength(0)
    await probeIsDue()
    expect((await probes()).filter(Boolean)).toHaveLength(1)
  })

  it('waits longer after each probe that failed, and opens when one is answered', async () => {
    const watch = createAuthorityWatch(database())
    await bringDown(watch)
    const waits: number[] = []
    for (let probe = 0; probe < 3; probe++) {
      await sql`update ca_health set down_since = now() - interval '1 hour'`.execute(database().kysely)
      await probeIsDue()
      expect(await watch.beginProbe('acme')).toBe(true)
      const { probeAt } = await watch.failed('acme')
      waits.push(Math.round(((probeAt?.getTime() ?? 0) - Date.now()) / 10_000) * 10)
    }
    expect(waits).toEqual([60, 120, 240])
    await watch.answered('acme')
    expect(await rows()).toEqual([])
  })

  it('tells other processes within seconds, and asks the database no more than once a second', async () => {
    const [here, there] = [createAuthorityWatch(database()), createAuthorityWatch(openAnother())]
    expect(await there.health('acme')).toEqual(HEALTHY)
    await bringDown(here)
    expect(await there.health('acme')).toEqual(HEALTHY)
    await vi.waitFor(async () => expect(isDown(await there.health('acme'))).toBe(true), { timeout: 5_000 })
  })
})
