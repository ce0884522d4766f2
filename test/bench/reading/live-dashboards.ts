/**
 * What people who look at the dashboard cost: each page open as long as the bench takes, with its stream of events, asking
 * for what it shows as often as `live/refresh-queries.ts` of the dashboard does while something happens all the time. They
 * sit in a process of their own; counted is the CPU of this process, the API's, and of PostgreSQL, if it runs here.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { makeApiKey } from '@mooring/core'
import { createApiKeyStore, type Database } from '@mooring/postgres'
import { cpuSecondsOfTree } from '../cpu.ts'

const DASHBOARDS = 200
const SECONDS = 60
const EVENTS_PER_SECOND = 20

export interface DashboardCost {
  dashboards: number
  requestsPerSecond: number
  eventsPerSecond: number
  /** Of a core. */
  api: number
  /** Null where it runs elsewhere. */
  postgres: number | null
}

interface Look {
  path: string
  everyMs: number
}

/** In a dozen dashboards, who looks at what. */
function pageOf(place: number, ids: readonly string[]): Look[] {
  const id = ids[place % ids.length] ?? ''
  const look = (path: string, everyMs: number): Look => ({ path, everyMs })
  const domain = [
    look(`/v1/domains/${id}`, 5_000),
    look(`/v1/domains/${id}/attempts?limit=100`, 5_000),
    look(`/v1/domains/${id}/events?limit=100`, 5_000),
    look(`/v1/domains/${id}/traffic`, 10_000),
  ]
  const pages = [
    ...Array.from({ length: 6 }, () => [look('/v1/overview', 10_000)]),
    [look('/v1/jobs', 4_000)],
    [look('/v1/jobs?kind=failed', 4_000)],
    [look('/v1/domains', 4_000)],
    [look('/v1/edges', 4_000)],
    [look('/v1/workers', 4_000)],
    domain,
  ]
  return pages[place % pages.length] ?? []
}

if (process.send !== undefined) {
  const { url, key, ids } = JSON.parse(String(process.env['DASHBOARDS'])) as { url: string; key: string; ids: string[] }
  openDashboards(url, key, ids)
}

export async function measureDashboards(database: Database, url: string, ids: string[]): Promise<DashboardCost> {
  const { id, key, hash } = makeApiKey()
  const facts = { name: 'bench', role: 'viewer', tenant: null, createdBy: 'bench', expiresAt: null } as const
  await createApiKeyStore(database).create({ id, hash, ...facts })
  const readers = fork(import.meta.filename, [], {
    env: { ...process.env, DASHBOARDS: JSON.stringify({ url, key, ids }) },
  })
  await once(readers, 'message')
  const postmaster = await postmasterOf(database)
  const before = { own: process.cpuUsage(), postgres: cpuOf(postmaster), asked: await askedBy(readers) }
  const startedAt = performance.now()
  while (performance.now() - startedAt < SECONDS * 1000) {
    await database.pool.query(
      `insert into events (domain_id, type, actor, data) values ($1, 'domain.verified', 'mooring', '{}')`,
      [ids[0]],
    )
    await pause(1000 / EVENTS_PER_SECOND)
  }
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(before.own)
  const postgres = cpuOf(postmaster)
  const { asked, heard } = await askedBy(readers)
  readers.kill()
  return {
    dashboards: DASHBOARDS,
    requestsPerSecond: (asked - before.asked.asked) / seconds,
    eventsPerSecond: (heard - before.asked.heard) / DASHBOARDS / seconds,
    api: (user + system) / 1e6 / seconds,
    postgres: postgres === null || before.postgres === null ? null : (postgres - before.postgres) / seconds,
  }
}

type Asked = Record<'asked' | 'heard', number>

async function askedBy(readers: ReturnType<typeof fork>): Promise<Asked> {
  readers.send('how many?')
  const [counts] = (await once(readers, 'message')) as [Asked]
  return counts
}

async function postmasterOf({ pool }: Database): Promise<number | null> {
  const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid')
  try {
    const text = readFileSync(`/proc/${rows[0]?.pid}/stat`, 'utf8')
    if (!text.includes('(postgres)')) return null
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return null // It runs on another machine, or in a container.
  }
}

const cpuOf = (postmaster: number | null): number | null => (postmaster === null ? null : cpuSecondsOfTree(postmaster))

function openDashboards(url: string, key: string, ids: string[]): void {
  const counts: Asked = { asked: 0, heard: 0 }
  const headers = { authorization: `Bearer ${key}` }
  let open = 0
  const ask = async ({ path, everyMs }: Look) => {
    await pause(Math.random() * everyMs)
    for (;;) {
      const answer = await fetch(`${url}${path}`, { headers })
      if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`)
      await answer.arrayBuffer()
      counts.asked += 1
      await pause(everyMs)
    }
  }
  for (let place = 0; place < DASHBOARDS; place++) {
    request(`${url}/v1/events`, { headers }, (response) => {
      response.setEncoding('latin1')
      response.on('data', (text: string) => (counts.heard += text.split('event: ').length - 1))
      response.once('data', () => {
        open += 1
        if (open < DASHBOARDS) return
        for (let one = 0; one < DASHBOARDS; one++) for (const look of pageOf(one, ids)) void ask(look)
        setTimeout(() => process.send?.({ open }), 15_000)
      })
    }).end()
  }
  process.on('message', () => process.send?.(counts))
}
