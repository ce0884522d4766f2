/**
 * `node test/bench/budgets.ts`: how many budget decisions one Postgres makes in a second, when every order needs the same
 * bucket: 32 callers in one process, and four processes with 8 each. Also whether exactly as many were admitted as there
 * was.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Hostname, type Lease, type LimitAsk, newCertificateId } from '@mooring/core'
import { type Database, createBudgets, createCertificateStore, openDatabase } from '@mooring/postgres'
import { silentLog } from '../builders/silent-log.ts'
import { storeDomain } from '../builders/stored-domain.ts'
import { createTestDatabase, startPostgres } from '../services/postgres.ts'

const FILE = fileURLToPath(import.meta.url)
const DECISIONS = Number(process.env['BENCH_DECISIONS'] ?? 20_000)
const CALLERS = 32
const PROCESSES = 4
/** So slow that nothing comes back during a run. */
const REFILL_MS = 3_600_000

interface Order {
  lease: Lease
  certificateId: string
  hostname: string
}

/** What one process shall do: every caller asks again and again for orders of its own. */
interface Work {
  url: string
  orders: Order[]
  callers: number
  decisions: number
  capacity: number
}

interface Result {
  admitted: number
  seconds: number
}

const asksOf = ({ hostname }: Order, capacity: number): LimitAsk[] => {
  const limit = { burst: capacity, refillMs: REFILL_MS }
  return [
    { bucket: 'new_orders', key: 'acme', limit, capacity, spends: 'at_order' },
    { bucket: 'certificates_of_domain', key: hostname, limit, capacity, spends: 'at_issuance' },
    { bucket: 'exact_set', key: hostname, limit, capacity, spends: 'at_issuance' },
    { bucket: 'failed_validations', key: hostname, limit, capacity, spends: 'at_failure' },
  ]
}

async function work({ url, orders, callers, decisions, capacity }: Work): Promise<Result> {
  const database = openDatabase({ url, log: silentLog })
  const budgets = createBudgets(database)
  await database.pool.query('select 1')
  let left = decisions
  let admitted = 0
  const startedAt = performance.now()
  const caller = async (index: number) => {
    for (let turn = index; left-- > 0; turn += callers) {
      const order = orders[turn % orders.length]
      if (order === undefined) throw new Error('there are no orders to ask for')
      const asks = asksOf(order, capacity)
      const { kind } = await budgets.admit(order.lease, order.certificateId, { ca: 'acme', asks })
      if (kind === 'admitted') admitted += 1
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, index) => caller(index)))
  const seconds = (performance.now() - startedAt) / 1000
  await database.close()
  return { admitted, seconds }
}

function inAnotherProcess(given: Work): Promise<Result> {
  const child = fork(FILE, { env: { ...process.env, BENCH_CHILD: '1' } })
  return new Promise((resolve, reject) => {
    child.once('message', (result) => resolve(result as Result))
    child.once('error', reject)
    child.once('exit', (code) => code !== 0 && reject(new Error(`a process ended with ${code}`)))
    child.send(given)
  })
}

const CERTIFICATE = { issuer: 'acme', csrDer: Buffer.of(0) }
const SEALED_KEY = { version: 1, kek: '00', wrappedDataKey: 'dw==', nonce: 'bg==', ciphertext: 'Yw==' } as const

async function anOrder(database: Database, hostname: string): Promise<Order> {
  const { lease } = await storeDomain(database, { hostname: hostname as Hostname })
  const certificateId = newCertificateId()
  await createCertificateStore(database).begin(lease, { ...CERTIFICATE, id: certificateId, sealedKey: SEALED_KEY })
  return { lease, certificateId, hostname }
}

interface Run {
  name: string
  processes: number
  /** Of the account's orders; a tenth of the decisions is refused, or all but a few are. */
  capacity: number
}

async function measure({ name, processes, capacity }: Run): Promise<boolean> {
  const server = await startPostgres({ durable: true })
  const fresh = await createTestDatabase(server)
  try {
    const database = openDatabase({ url: fresh.url, log: silentLog })
    const orders = await Promise.all(Array.from({ length: 1000 }, (_, index) => anOrder(database, `${index}.example`)))
    await database.close()
    const share = Math.ceil(orders.length / processes)
    const works = Array.from({ length: processes }, (_, index) => ({
      url: fresh.url,
      orders: orders.slice(index * share, (index + 1) * share),
      callers: CALLERS / processes,
      decisions: DECISIONS / processes,
      capacity,
    }))
    const run = processes === 1 ? work : inAnotherProcess
    const results = await Promise.all(works.map(run))
    const admitted = results.reduce((sum, result) => sum + result.admitted, 0)
    const seconds = Math.max(...results.map((result) => result.seconds))
    const allowed = Math.min(DECISIONS, capacity)
    const isExact = admitted === allowed
    const perSecond = (count: number) => Math.round(count / seconds)
    const cells = [name, perSecond(DECISIONS), perSecond(admitted), perSecond(DECISIONS - admitted)]
    console.log(`| ${[...cells, `${admitted} of ${allowed}${isExact ? '' : ' NOT EXACT'}`].join(' | ')} |`)
    return isExact
  } finally {
    await fresh.drop()
    await server.stop()
  }
}

async function main(): Promise<void> {
  console.log('| 32 callers, one bucket that all need | decisions/s | admitted/s | refused/s | admitted, of |')
  console.log('| --- | --- | --- | --- | --- |')
  const runs: Run[] = [
    { name: 'one process, nearly all admitted', processes: 1, capacity: DECISIONS * 0.9 },
    { name: 'one process, nearly all refused', processes: 1, capacity: 100 },
    { name: `${PROCESSES} processes, nearly all admitted`, processes: PROCESSES, capacity: DECISIONS * 0.9 },
    { name: `${PROCESSES} processes, nearly all refused`, processes: PROCESSES, capacity: 100 },
  ]
  for (const run of runs) if (!(await measure(run))) process.exitCode = 1
}

if (process.env['BENCH_CHILD'] === undefined) await main()
else {
  process.once('message', async (given) => {
    process.send?.(await work(given as Work))
    process.disconnect()
  })
}
