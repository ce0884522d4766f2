import { Resolver } from 'node:dns/promises'
import { type Domain, ownershipRecordName } from '@mooring/core'
import { cpuSecondsOfTree } from './cpu.ts'
import { startProvingFleet } from './proving-fleet.ts'

export interface Reverification {
  count: number
  /** By one worker process with one slot. */
  perSecond: number
  /** To the registry and the DNS host together, as these counted them. */
  queriesPerName: number
  /** Milliseconds per name. */
  cpuMs: { worker: number; postgres: number; scheduler: number }
  /** `node:dns` asking a resolver (BIND) for the same two records; both processes' CPU. */
  peer: { cpuMs: number }
}

/** Active names that have all fallen due, proved again by one slot: what a day of them costs follows. */
export async function measureReverification({
  count,
  say,
}: {
  count: number
  say(text: string): void
}): Promise<Reverification> {
  const fleet = await startProvingFleet({ names: count, slots: 1, say })
  const { pool } = fleet.database
  try {
    say(`Proving ${count} active names again, one slot …`)
    const before = { cpu: fleet.cpu(), queries: await fleet.queries(), at: performance.now() }
    await pool.query(`update domains set lease_until = null, leased_by = null, next_run_at = now()`)
    await fleet.allProved()
    const seconds = (performance.now() - before.at) / 1000
    const after = { cpu: fleet.cpu(), queries: await fleet.queries() }
    const { rows } = await pool.query(`select from domains where state <> 'active' or reason is not null`)
    if (rows.length > 0) throw new Error(`${rows.length} names were not proved`)

    const perName = (role: keyof typeof before.cpu) => ((after.cpu[role] - before.cpu[role]) * 1000) / count
    return {
      count,
      perSecond: count / seconds,
      queriesPerName: (after.queries - before.queries) / count,
      cpuMs: { worker: perName('worker'), postgres: perName('postgres'), scheduler: perName('scheduler') },
      peer: { cpuMs: await measurePeer(fleet.domains, fleet.resolver) },
    }
  } finally {
    await fleet.stop()
  }
}

/** The usual way: the runtime's own resolver library, and a caching resolver behind it. */
async function measurePeer(domains: Domain[], { dnsServer, pid }: { dnsServer: string; pid: number }): Promise<number> {
  const peer = new Resolver()
  peer.setServers([dnsServer])
  const cpu = () => cpuSecondsOfTree(pid) + (process.cpuUsage().user + process.cpuUsage().system) / 1e6
  const before = cpu()
  for (const { hostname } of domains) {
    await peer.resolveTxt(ownershipRecordName(hostname))
    await peer.resolveCname(hostname)
  }
  return ((cpu() - before) * 1000) / domains.length
}
