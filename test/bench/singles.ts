import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'

export interface Singles {
  present: number
  /** Milliseconds from `check` to the first right answer over HTTPS, as a visitor sees it. */
  servedMs: number[]
  /** Milliseconds from `check` to `active`: every edge has proved it. */
  activeMs: number[]
}

/** One name at a time, its records in place before `check`, with other names already served. */
export async function measureSingles(
  fleet: Fleet,
  { present, count, say }: { present: number; count: number; say(text: string): void },
): Promise<Singles> {
  say(`Launching ${present} names that are to be there already …`)
  for (let index = 0; index < present; index++) await fleet.launch(`present-${index}.bench-customer.com`)

  const servedMs: number[] = []
  const activeMs: number[] = []
  for (let index = 0; index < count; index++) {
    const hostname = `single-${index}.bench-customer.com`
    const id = await waitingWithRecords(fleet, hostname)
    const checkedAt = performance.now()
    await fleet.call('POST', `/v1/domains/${id}/check`)
    const served = untilServed(fleet, hostname).then(() => performance.now() - checkedAt)
    const active = fleet.reaches(id, 'active').then(() => performance.now() - checkedAt)
    servedMs.push(await served)
    activeMs.push(await active)
    say(
      `  ${hostname}: served after ${Math.round(servedMs.at(-1) ?? 0)} ms, active after ${Math.round(activeMs.at(-1) ?? 0)} ms`,
    )
  }
  return { present, servedMs, activeMs }
}

/** A domain that has been looked at once in vain, and whose records are right now. */
export async function waitingWithRecords(fleet: Fleet, hostname: string): Promise<string> {
  const domain = await fleet.post(hostname)
  await eventually(`${hostname} waits`, async () => (await fleet.domain(domain.id)).reason?.code === 'DNS_TXT_MISSING')
  await fleet.addRecords(domain)
  return domain.id
}

async function untilServed(fleet: Fleet, hostname: string): Promise<void> {
  const [edge] = fleet.edges
  if (edge === undefined) throw new Error('the fleet has no edge')
  for (;;) {
    const answer = await fleet.visitHttps(edge, hostname).catch(() => null)
    if (answer?.status === 200) return
    await sleep(5)
  }
}
