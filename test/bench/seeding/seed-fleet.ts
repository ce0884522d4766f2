import pg from 'pg'
import { SEED_ATTEMPTS, SEED_EVENTS } from './history.ts'
import {
  SEED_CERTIFICATES,
  SEED_DOMAINS,
  SEED_ENDS,
  SEED_HOSTNAMES,
  SEED_ROUTES,
  SEED_SHAPES,
  SEED_TROUBLES,
} from './domains.ts'
import {
  SEED_BUDGETS,
  SEED_DEAD_LETTERS,
  SEED_EDGES,
  SEED_LEASES,
  SEED_SERVICES,
  SEED_WORKERS,
} from './surroundings.ts'
import { SEED_IDS } from './ids.ts'

export interface Seeding {
  domains: number
  attempts: number
  say(text: string): void
}

/**
 * A fleet that grew for 400 days: 50 tenants, one of which has half of all; 96 % active, the others in every state and
 * for every kind of reason. Set-based and the same each time, but for the clock.
 */
export async function seedFleet(url: string, { domains, attempts, say }: Seeding): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const run = async (what: string, statement: string, values: unknown[] = []) => {
    const startedAt = performance.now()
    const { rowCount } = await client.query(statement, values)
    say(`  ${what}: ${rowCount ?? 0} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  }
  try {
    const { rows } = await client.query('select exists (select from domains) as filled')
    if (rows[0]?.filled === true) throw new Error('the database has domains already: seed an empty one')
    await client.query(`set session_replication_role = replica; set synchronous_commit = off; set work_mem = '256MB'`)
    await client.query(`select setseed(0.42)`)
    await client.query(SEED_IDS)
    await run('shapes', SEED_SHAPES, [domains])
    await run('edges', SEED_EDGES)
    await run('services', SEED_SERVICES)
    await run('domains', SEED_DOMAINS)
    await run('hostnames', SEED_HOSTNAMES)
    await run('certificates', SEED_CERTIFICATES)
    await run('ends of certificates', SEED_ENDS)
    await run('troubles', SEED_TROUBLES)
    await run('routes', SEED_ROUTES)
    await run('events', SEED_EVENTS)
    await run('attempts', SEED_ATTEMPTS, [attempts, domains])
    await run('leases', SEED_LEASES)
    await run('dead letters', SEED_DEAD_LETTERS)
    await run('budgets', SEED_BUDGETS)
    await run('workers', SEED_WORKERS)
    await run('vacuum', 'vacuum analyze')
  } finally {
    await client.end()
  }
}
