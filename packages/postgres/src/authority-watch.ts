import { type AuthorityHealth, type AuthorityWatch, HEALTHY, afterFailure, beginProbe } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

/** Every step of every domain asks: what was read is good for so long. */
const KNOWN_FOR_MS = 1_000

/**
 * How the authorities fare, for the whole fleet: one row for each that failed, by core's rules (see `circuit.ts`) and on
 * the database's clock. A process learns of an outage that others met a second later, or by its own failures.
 */
export function createAuthorityWatch({ kysely }: Database): AuthorityWatch {
  const known = new Map<string, { health: Promise<AuthorityHealth>; until: number }>()

  const remember = (ca: string, health: Promise<AuthorityHealth>): Promise<AuthorityHealth> => {
    const entry = { health, until: performance.now() + KNOWN_FOR_MS }
    known.set(ca, entry)
    // A look-up that failed is not remembered.
    health.catch(() => known.get(ca) === entry && known.delete(ca))
    return health
  }
  const health = (ca: string): Promise<AuthorityHealth> => {
    const entry = known.get(ca)
    return entry !== undefined && performance.now() < entry.until ? entry.health : remember(ca, read(kysely, ca))
  }

  return {
    health,
    async beginProbe(ca) {
      const before = await readWithClock(kysely, ca)
      // Nearly all who ask are too early, and lock nothing.
      if (beginProbe(before.health, before.now) === null) return false
      const { isChanged, health: after } = await change(kysely, ca, (found, now) => beginProbe(found, now) ?? found)
      await remember(ca, Promise.resolve(after))
      return isChanged
    },
    async failed(ca) {
      const changed = await change(kysely, ca, afterFailure)
      return remember(ca, Promise.resolve(changed.health))
    },
    async answered(ca) {
      if ((await health(ca)).failures === 0) return
      await sql`delete from ca_health where ca = ${ca}`.execute(kysely)
      await remember(ca, Promise.resolve(HEALTHY))
    },
  }
}

interface HealthRow {
  failures: number | null
  down_since: Date | null
  probe_at: Date | null
  now: Date
}

async function read(kysely: Kysely<Tables>, ca: string): Promise<AuthorityHealth> {
  return (await readWithClock(kysely, ca)).health
}

async function readWithClock(kysely: Kysely<Tables>, ca: string): Promise<{ health: AuthorityHealth; now: Date }> {
  const { rows } = await sql<HealthRow>`
    select h.failures, h.down_since, h.probe_at, clock_timestamp() as now
    from (select) as always left join ca_health h on h.ca = ${ca}`.execute(kysely)
  return toHealth(rows[0])
}

/** Writes what `decide` makes of the row, under its lock; the same value again is no change. */
function change(
  kysely: Kysely<Tables>,
  ca: string,
  decide: (health: AuthorityHealth, now: Date) => AuthorityHealth,
): Promise<{ health: AuthorityHealth; isChanged: boolean }> {
  return kysely.transaction().execute(async (transaction) => {
    // The update changes nothing: it is there so that a row that was missing is locked as well.
    const { rows } = await sql<HealthRow>`
      insert into ca_health as h (ca) values (${ca})
      on conflict (ca) do update set failures = h.failures
      returning failures, down_since, probe_at, clock_timestamp() as now`.execute(transaction)
    const before = toHealth(rows[0])
    const health = decide(before.health, before.now)
    const isChanged = health !== before.health
    if (isChanged) {
      await sql`
        update ca_health set failures = ${health.failures}, down_since = ${health.downSince}, probe_at = ${health.probeAt}
        where ca = ${ca}`.execute(transaction)
    }
    return { health, isChanged }
  })
}

function toHealth(row: HealthRow | undefined): { health: AuthorityHealth; now: Date } {
  if (row === undefined) throw new TypeError('the statement returns one row, whatever is in the table')
  const { failures, down_since: downSince, probe_at: probeAt, now } = row
  return { health: failures === null ? HEALTHY : { failures, downSince, probeAt }, now }
}
