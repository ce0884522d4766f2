/**
 * `npm run bench:notices`: 10,000 domains of 500 tenants fail within a minute, while a worker proves active names again as
 * fast as it can. Prints the messages that each channel got, how many domains they count, and the names per second while domains
 * fail against those of quiet times in between: the minute comes in pieces, each block quiet, failing, failing, quiet, so that
 * what changes with time alone is in both. The failures' rows come as the transitions that fail would write them; the domains stand
 * there before, so that what is measured is the telling.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { reason } from '@mooring/core'
import type { Database } from '@mooring/postgres'
import { eventually } from '../services/processes.ts'
import { startSmtp } from '../services/smtp.ts'
import { type ProvingFleet, startProvingFleet } from './proving-fleet.ts'

const FAILING = Number(process.env['BENCH_FAILING'] ?? 10_000)
const NAMES = Number(process.env['BENCH_NAMES'] ?? 500)
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 60)
const BLOCKS = Number(process.env['BENCH_BLOCKS'] ?? 8)
const TENANTS = 500
const PIECE_SECONDS = SECONDS / (2 * BLOCKS)
const BECAUSE = JSON.stringify(reason('OWNERSHIP_TOKEN_EXPIRED', 'It was not found in time.'))

const RATES = {
  'names proved per second': ({ names, seconds }: Proving) => names / seconds,
  'CPU per name, ms': ({ names, cpu: spent }: Proving) =>
    ((spent.worker + spent.postgres + spent.scheduler) * 1000) / names,
  'scheduler, of a core': ({ seconds, cpu: spent }: Proving) => spent.scheduler / seconds,
}

const say = (text: string) => process.stderr.write(`${text}\n`)
const chat: string[] = []
const webhook = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  chat.push(JSON.parse(body).text)
  response.end()
})
await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve))

const smtp = await startSmtp()
const fleet = await startProvingFleet({
  names: NAMES,
  slots: 8,
  env: {
    LOG_LEVEL: 'error',
    MOORING_SLACK_WEBHOOK_URL: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`,
    MOORING_SMTP_URL: smtp.url,
    MOORING_NOTICE_EMAIL_FROM: 'mooring@platform.example',
    MOORING_NOTICE_EMAIL_TO: 'ops@platform.example',
  },
  say,
})
const { database, cpu } = fleet
try {
  await database.pool.query(
    `insert into domains (id, hostname, tenant, state, step, lane, target, verification, tls, edge_pool, reason)
     select 'dom_failing-' || n, 'n' || n || '.failing.example', 't' || n % ${TENANTS}, 'failed', 'verify_ownership', 'normal',
            '{"type": "none"}', '{}', '{"mode": "auto"}', 'default', $1::jsonb
     from generate_series(1, ${FAILING}) n`,
    [BECAUSE],
  )
  await database.pool.query('vacuum analyze')
  await prove(5)

  const failures = createFailures(database)
  const blocks: Block[] = []
  for (let block = 1; block <= BLOCKS; block += 1) {
    say(`Block ${block} of ${BLOCKS}: proving names, quiet, failing, failing, quiet …`)
    const quiet = [await prove(PIECE_SECONDS)]
    const failing = []
    for (let piece = 0; piece < 2; piece += 1) {
      failures.resume()
      failing.push(await prove(PIECE_SECONDS))
      await failures.pause()
    }
    quiet.push(await prove(PIECE_SECONDS))
    blocks.push({ quiet: sumOf(quiet), failing: sumOf(failing) })
  }
  await failures.rest()
  say('Waiting until everything was told …')
  await eventually(
    'all are told',
    async () =>
      (await rowsOf('select from notice_outbox')) +
        (await rowsOf('select from notice_groups where held > 0')) +
        (await rowsOf('select from deliveries where delivered_at is null')) +
        (await rowsOf('select from notice_tellings where delivery_id is null')) ===
      0,
    900_000,
  )
  report(blocks)
} finally {
  await fleet.stop()
  webhook.close()
  await smtp.stop()
}

interface Proving {
  names: number
  seconds: number
  /** Seconds of CPU. */
  cpu: ReturnType<ProvingFleet['cpu']>
}

interface Block {
  quiet: Proving
  failing: Proving
}

/** Active names fall due all at once, again and again. */
async function prove(seconds: number): Promise<Proving> {
  const startedAt = performance.now()
  const before = cpu()
  let names = 0
  while (performance.now() - startedAt < seconds * 1000) {
    await database.pool.query(
      `update domains set lease_until = null, leased_by = null, hinted_until = null, next_run_at = now() where state = 'active'`,
    )
    await database.pool.query(`select pg_notify('mooring_due', '')`)
    await fleet.allProved()
    names += NAMES
  }
  const after = cpu()
  const spent = (role: keyof typeof after) => after[role] - before[role]
  return {
    names,
    seconds: (performance.now() - startedAt) / 1000,
    cpu: { scheduler: spent('scheduler'), worker: spent('worker'), postgres: spent('postgres') },
  }
}

function sumOf(provings: readonly Proving[]): Proving {
  return provings.reduce((sum, { names, seconds, cpu: spent }) => ({
    names: sum.names + names,
    seconds: sum.seconds + seconds,
    cpu: {
      scheduler: sum.cpu.scheduler + spent.scheduler,
      worker: sum.cpu.worker + spent.worker,
      postgres: sum.cpu.postgres + spent.postgres,
    },
  }))
}

/** Rows in the outbox, at the pace that all of them take `SECONDS` of failing. */
function createFailures({ pool }: Database) {
  let written = 0
  let failing = Promise.resolve()
  let over = new AbortController()

  async function fail(until: number): Promise<void> {
    if (until <= written) return
    await pool.query(
      `insert into notice_outbox (group_key, domain_id, hostname, reason)
       select 'OWNERSHIP_TOKEN_EXPIRED', id, hostname, reason
       from generate_series($1::int, $2::int) n join domains on id = 'dom_failing-' || n`,
      [written + 1, until],
    )
    written = until
  }
  async function failEvenly(signal: AbortSignal): Promise<void> {
    const [startedAt, first] = [performance.now(), written]
    while (!signal.aborted) {
      const share = (performance.now() - startedAt) / (SECONDS * 1000)
      await fail(Math.min(FAILING, first + Math.ceil(share * FAILING)))
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return {
    resume() {
      over = new AbortController()
      failing = failEvenly(over.signal)
    },
    async pause() {
      over.abort()
      await failing
    },
    /** Those that the pieces had no time for. */
    rest: () => fail(FAILING),
  }
}

function report(blocks: readonly Block[]): void {
  const counted = chat.reduce((sum, text) => sum + countOf(text), 0)
  console.log(`\n${FAILING} domains of ${TENANTS} tenants, at the pace of all within ${SECONDS} s:\n`)
  console.log(`| messages to the chat | ${chat.length} |\n| --- | --- |`)
  console.log(`| messages by e-mail | ${smtp.received.length} |`)
  console.log(`| domains that they count | ${counted} |\n`)
  console.log(
    '| | quiet | failing | ratio | ratio of each block | quiet, block by block |\n| --- | --- | --- | --- | --- | --- |',
  )
  const all = { quiet: sumOf(blocks.map(({ quiet }) => quiet)), failing: sumOf(blocks.map(({ failing }) => failing)) }
  for (const [name, rate] of Object.entries(RATES)) {
    const ratio = ({ quiet, failing }: Block) => (rate(failing) / rate(quiet)).toFixed(3)
    const each = blocks.map(ratio).join(', ')
    const drift = blocks.map(({ quiet }) => rate(quiet).toPrecision(3)).join(', ')
    console.log(
      `| ${name} | ${rate(all.quiet).toFixed(3)} | ${rate(all.failing).toFixed(3)} | ${ratio(all)} | ${each} | ${drift} |`,
    )
  }
  console.log()
  for (const text of chat) console.log(`> ${text.replaceAll('\n', '\n> ')}\n`)
}

/** What a message says that it counts; one that names a domain counts it. */
function countOf(text: string): number {
  const counts = [...text.matchAll(/(?:^|, )([\d,]+)(?: more)? domains?/gm)].map(([, count = '']) =>
    Number(count.replaceAll(',', '')),
  )
  return counts.length === 0 ? 1 : counts.reduce((sum, count) => sum + count, 0)
}

async function rowsOf(query: string): Promise<number> {
  const { rowCount } = await database.pool.query(query)
  return rowCount ?? 0
}
