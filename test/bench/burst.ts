import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'
import { cpuSecondsOfTree } from './cpu.ts'
import { waitingWithRecords } from './singles.ts'

export interface Burst {
  count: number
  seconds: number
  perSecond: number
  /** Milliseconds of CPU per launch, by role. */
  cpuMsPerLaunch: Record<string, number>
}

/** Many at once: records in place, then `check` for all of them, until the last is active. */
export async function measureBurst(
  fleet: Fleet,
  { count, say }: { count: number; say(text: string): void },
): Promise<Burst> {
  say(`Registering ${count} names …`)
  const ids: string[] = []
  for (const chunk of chunks(range(count), 20)) {
    ids.push(
      ...(await Promise.all(chunk.map((index) => waitingWithRecords(fleet, `burst-${index}.bench-customer.com`)))),
    )
  }

  say(`Checking ${count} names at once …`)
  const before = cpuByRole(fleet)
  const activeBefore = await activeNames(fleet)
  const startedAt = performance.now()
  for (const chunk of chunks(ids, 50)) {
    await Promise.all(chunk.map((id) => fleet.call('POST', `/v1/domains/${id}/check`)))
  }
  await eventually(
    'all are active',
    async () => {
      const active = (await activeNames(fleet)) - activeBefore
      await new Promise((resolve) => setTimeout(resolve, 100))
      return active >= count
    },
    300_000,
  )
  const seconds = (performance.now() - startedAt) / 1000
  const after = cpuByRole(fleet)

  say('Visiting each of them over HTTPS …')
  const [edge] = fleet.edges
  if (edge === undefined) throw new Error('the fleet has no edge')
  for (const index of range(count)) {
    const answer = await fleet.visitHttps(edge, `burst-${index}.bench-customer.com`)
    if (answer.status !== 200) throw new Error(`burst-${index} answers ${answer.status}`)
  }
  const cpuMsPerLaunch = Object.fromEntries(
    Object.entries(after).map(([role, used]) => [role, ((used - (before[role] ?? 0)) * 1000) / count]),
  )
  return { count, seconds, perSecond: count / seconds, cpuMsPerLaunch }
}

function cpuByRole(fleet: Fleet): Record<string, number> {
  const sum = (pids: number[]) => pids.reduce((total, pid) => total + cpuSecondsOfTree(pid), 0)
  return {
    api: sum([fleet.api.pid]),
    workers: sum(fleet.workers.map(({ pid }) => pid)),
    scheduler: sum([fleet.scheduler.pid]),
    'edge agent': sum(fleet.edges.map(({ agent }) => agent.pid)),
    nginx: sum(fleet.edges.map(({ dir }) => Number(readFileSync(join(dir, 'nginx.pid'), 'utf8')))),
    postgres: sum([fleet.postgresPid].filter((pid) => pid !== null)),
    rabbitmq: sum([fleet.rabbit.pid].filter((pid) => pid !== null)),
    'pebble (the CA)': sum([fleet.pebble.pid]),
  }
}

async function activeNames(fleet: Fleet): Promise<number> {
  return fleet.count(`select count(*) from domains where state = 'active'`)
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

function chunks<T>(items: T[], size: number): T[][] {
  return range(Math.ceil(items.length / size)).map((index) => items.slice(index * size, (index + 1) * size))
}
