/**
 * `npm run bench`: how long a launch takes, how many per second, and what each role pays for it, with every role, the
 * test CA, the broker and the database on this one machine. Beside it, in the same run, the ACME client alone (the
 * ceiling) and acme-client from npm (the peer); and what it costs to prove an active name again.
 */
import { startFleet } from '../services/fleet.ts'
import { measureAcme } from './acme.ts'
import { measureBurst } from './burst.ts'
import { measureReverification } from './reverify.ts'
import { measureSingles } from './singles.ts'
import { printReport } from './report.ts'

const SINGLES = Number(process.env['BENCH_SINGLES'] ?? 30)
const BURST = Number(process.env['BENCH_BURST'] ?? 300)
const REVERIFIED = Number(process.env['BENCH_REVERIFIED'] ?? 2000)

/** Slots wait for the disk, the CA and DNS most of the time; three orders in each of two workers is what Pebble bears. */
const SETTINGS = { LOG_LEVEL: 'warn', MOORING_SLOTS: '32', MOORING_ACME_CONCURRENCY: '3' }

const say = (text: string) => process.stderr.write(`${text}\n`)

const acme = await measureAcme({ count: 400, concurrency: 8, say })

const reverification = await measureReverification({ count: REVERIFIED, say })

say('Starting the fleet: API, 2 workers, scheduler, one edge with nginx …')
const fleet = await startFleet({ workers: 2, edges: 1, durable: true, env: SETTINGS })
try {
  const singles = await measureSingles(fleet, { present: 20, count: SINGLES, say })
  const burst = await measureBurst(fleet, { count: BURST, say })
  printReport({ acme, reverification, singles, burst })
} finally {
  await fleet.stop()
}
