import pg from 'pg'
import { eventually } from '../services/processes.ts'

/** Any number nobody else locks. */
const GATE = 7_220_011

/**
 * Holds the statement that records a step's outcome, inside Postgres, until the test has done its worst to the worker
 * that sent it. Production code knows nothing of it: it is a trigger in the test's own database.
 *
 * The trigger runs after the row is written and before the statement commits, so killing the backend there means
 * "died before the commit", and opening the gate after killing the worker means "died before it knew of the commit".
 */
export async function installStepGate(databaseUrl: string) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(`
    create table gated_steps (hostname text, step text);
    grant select on gated_steps to public;
    create function hold_at_gate() returns trigger language plpgsql as $$
    begin
      if exists (
        select from gated_steps g join domains d on d.hostname = g.hostname
        where d.id = new.domain_id and g.step = new.step
      ) then
        perform pg_advisory_xact_lock_shared(${GATE});
      end if;
      return null;
    end $$;
    create trigger hold_at_gate after update on attempts
      for each row when (old.outcome = 'running' and new.outcome not in ('running', 'lost')) execute function hold_at_gate();
  `)
  const waiting = async (): Promise<number | null> => {
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_locks where locktype = 'advisory' and objid = ${GATE} and not granted`,
    )
    return rows[0]?.pid ?? null
  }
  return {
    async close(hostname: string, step: string): Promise<void> {
      await client.query(`select pg_advisory_lock(${GATE})`)
      await client.query('insert into gated_steps values ($1, $2)', [hostname, step])
    },
    /** Resolves when a worker's outcome is held; with the pid of the Postgres backend that holds it. */
    reached: (what: string): Promise<number> => eventually(`the gate is reached: ${what}`, waiting),
    async killBackend(pid: number): Promise<void> {
      await client.query('select pg_terminate_backend($1)', [pid])
      await eventually('the backend is gone', async () => (await waiting()) === null)
    },
    async open(): Promise<void> {
      await client.query('delete from gated_steps')
      await client.query(`select pg_advisory_unlock(${GATE})`)
    },
    async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
      return (await client.query<Row>(sql, values)).rows
    },
    end: () => client.end(),
  }
}

export type StepGate = Awaited<ReturnType<typeof installStepGate>>
