/**
 * `npm run bench:reading`: every list page and filter, the overview and searches over HTTP, with a million domains and
 * five million attempts. Takes the database of `DATABASE_URL` as it is, if it has domains; else fills one of its own first,
 * which takes a quarter of an hour. Ends with 1 when anything is slower than it may be.
 */
import type { AddressInfo } from 'node:net'
import { createFleetFacts, createHousekeeping, migrate, openDatabase } from '@mooring/postgres'
import { ADMIN_KEY, apiUnderTest } from '../builders/api-under-test.ts'
import { startPostgres } from '../services/postgres.ts'
import { type DashboardCost, measureDashboards } from './reading/live-dashboards.ts'
import { measureRoute, type Measured, timed } from './reading/measure-route.ts'
import { routesToRead, samples } from './reading/routes-to-read.ts'
import { seedFleet } from './seeding/seed-fleet.ts'

const DOMAINS = Number(process.env['BENCH_DOMAINS'] ?? 1_000_000)
const ATTEMPTS = Number(process.env['BENCH_ATTEMPTS'] ?? 5_000_000)

const OVERVIEW_MS = 300
/** Prometheus gives up after ten seconds by default, and nobody waits for it. */
const METRICS_MS = 1000
/** Of a core, what two hundred who look at the dashboard may cost. */
const DASHBOARDS_SHARE = 0.15

/** For whoever works on one of them. */
const ONLY = new RegExp(process.env['BENCH_ONLY'] ?? '')

const say = (text: string) => console.error(text)

const given = process.env['DATABASE_URL']
const server = given === undefined ? await startPostgres({ durable: true }) : null
const url = given ?? String(server?.address.url)
await migrate(url)
const database = openDatabase({ url, log: { debug() {}, info() {}, warn: console.error, error: console.error } })
try {
  const { rows } = await database.pool.query('select exists (select from domains) as filled')
  if (rows[0]?.filled !== true) await seedFleet(url, { domains: DOMAINS, attempts: ATTEMPTS, say })
  // As the scheduler does every minute: counts of everything are then at hand.
  await createHousekeeping(database).sweep()
  process.exitCode = await measure()
} finally {
  await database.close()
  await server?.stop()
}

async function measure(): Promise<number> {
  const { app } = apiUnderTest(database)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const ask = async (path: string, key = ADMIN_KEY) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${key}` } })
    if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`)
    if (!String(answer.headers.get('content-type')).includes('json')) throw new Error(`${path} is no JSON`)
    return (await answer.json()) as { next_cursor?: string | null }
  }
  const measured: Measured[] = [await measureOverview(), await measureFleetFacts()]
  for (const { name, p50, p95 } of measured) say(`  ${p50.toFixed(0)} ms, ${p95.toFixed(0)} ms: ${name}`)
  for (const route of await routesToRead(database)) {
    if (!ONLY.test(route.name)) continue
    const times = await measureRoute(route, ask)
    for (const { name, p50, p95 } of times) say(`  ${p50.toFixed(0)} ms, ${p95.toFixed(0)} ms: ${name}`)
    measured.push(...times)
  }
  const cost = ONLY.test('dashboards')
    ? await measureDashboards(database, `http://127.0.0.1:${port}`, (await samples(database)).ids)
    : null
  await app.close()
  print(measured)
  if (cost !== null) printCost(cost)
  return measured.some(({ p95, target }) => p95 > target) || (cost?.api ?? 0) > DASHBOARDS_SHARE ? 1 : 0
}

/** By a process each time that has never read it before: nothing is kept from the last one. */
async function measureOverview(): Promise<Measured> {
  const times = await timed(['/v1/overview'], async (path) => {
    const { call, app } = apiUnderTest(database)
    const { status, text } = await call('GET', path)
    if (status !== 200) throw new Error(`${path} answers ${status}: ${text}`)
    await app.close()
  })
  return { name: '/v1/overview, by a process that has just started', ...times, target: OVERVIEW_MS }
}

/** What a scrape of the API's metrics reads. */
async function measureFleetFacts(): Promise<Measured> {
  const read = createFleetFacts(database)
  return { name: 'facts for /metrics', ...(await timed([''], read)), target: METRICS_MS }
}

function printCost({ dashboards, requestsPerSecond, eventsPerSecond, api, postgres }: DashboardCost): void {
  const percent = (share: number | null) => (share === null ? 'not known' : `${(share * 100).toFixed(1)} %`)
  console.log(
    `\n${dashboards} dashboards, ${requestsPerSecond.toFixed(0)} requests/s, each hears ${eventsPerSecond.toFixed(0)} events/s: ` +
      `the API takes ${percent(api)} of a core (target: ${percent(DASHBOARDS_SHARE)}), PostgreSQL ${percent(postgres)}`,
  )
}

function print(measured: Measured[]): void {
  const rows = measured.map(({ name, p50, p95, target }) => [
    name,
    `${p50.toFixed(0)} ms`,
    `${p95.toFixed(0)} ms`,
    `${target} ms${p95 > target ? ' ← missed' : ''}`,
  ])
  const table = [['read', 'p50', 'p95', 'target'], ['---', '---', '---', '---'], ...rows]
  console.log(table.map((row) => `| ${row.join(' | ')} |`).join('\n'))
}
