import { type Clock, DAY, type EngineDeps, runDomain } from '@mooring/core'
import { type Database, createEdgeRegistry } from '@mooring/postgres'

/** More steps than a domain takes in years: a loop without rest ends here. */
const MOST_RUNS = 5_000

export interface Years {
  clock: Clock
  /** The world as it is `days` later: everything that fell due meanwhile was done, in its order and at its time. */
  pass(days: number): Promise<void>
  /** Everything that is due at this moment is done. */
  settle(): Promise<void>
}

/**
 * Lets years pass: the clock is set to whatever falls due next, and the engine runs it on the real database. Leases and
 * due times are compared by the database's own clock, so what is due by ours is made due there. The one edge proves
 * whatever it is asked to, at once.
 */
export async function startYears(database: Database, engineOn: (clock: Clock) => EngineDeps): Promise<Years> {
  let now = new Date()
  const clock = { now: () => now }
  const engine = engineOn(clock)
  const prove = await enrolEdge(database)

  async function runUntil(until: Date): Promise<void> {
    for (let runs = 0; runs < MOST_RUNS; runs += 1) {
      await prove()
      const due = await database.kysely
        .selectFrom('domains')
        .select(['id', 'next_run_at'])
        .where('next_run_at', '<=', until)
        .orderBy('next_run_at')
        .executeTakeFirst()
      if (due === undefined || due.next_run_at === null) {
        if (until > now) now = until
        return
      }
      if (due.next_run_at > now) now = due.next_run_at
      await database.kysely
        .updateTable('domains')
        .set({ next_run_at: new Date(0) })
        .where('id', '=', due.id)
        .execute()
      await runDomain(due.id, engine)
    }
    throw new Error(`no rest after ${MOST_RUNS} runs`)
  }

  return {
    clock,
    pass: (days) => runUntil(new Date(now.getTime() + days * DAY)),
    settle: () => runUntil(now),
  }
}

/** An edge that has applied and proved every route of the pool whenever it is asked. */
async function enrolEdge(database: Database): Promise<() => Promise<void>> {
  const edges = createEdgeRegistry(database)
  const { edge } = await edges.enrol({ name: 'edge-1', pool: 'default' })
  let generation = 0
  return async () => {
    const update = await edges.routesSince(edge, generation, 100)
    generation = update.generation
    await edges.report(edge, { generation, rejected: [], server: 'test' })
  }
}
