import { setTimeout as pause } from 'node:timers/promises'
import { type ApiClient, attemptsSchema, type DemoDomain, domainSchema } from './api-client.ts'
import { attemptLine, recordLine, stateLine } from './progress-lines.ts'
import type { DemoZone } from './demo-zone.ts'

export interface DemoLaunch {
  api: ApiClient
  zone: DemoZone
  hostname: string
  /** The platform's application that the name is to lead to. */
  siteUrl: string
  say(line: string): void
  /** Gives up waiting: the process is told to stop. */
  signal: AbortSignal
}

const LOOK_MS = 40
const WAIT_MS = 60_000

/** The demo's domain as it is now; null before the first launch, and after somebody deleted it. */
export async function findDemo(api: ApiClient, hostname: string): Promise<DemoDomain | null> {
  const domain = await api.get(`/v1/domains/${hostname}`, domainSchema)
  return domain === null || domain.state === 'deprovisioned' ? null : domain
}

/**
 * Takes the demo's domain to `active` through the API, in the two parts of a real launch: the platform registers the
 * name, the customer adds the records. Every step is told as the workers finish it. A domain that was active before is
 * left as it is. Returns null once active, else the sentence that says what is in the way; rejects when told to stop.
 */
export async function launchDemo(launch: DemoLaunch): Promise<string | null> {
  const { api, zone, hostname, siteUrl, say, signal } = launch
  const target = { type: 'proxy', url: siteUrl }
  const known = await findDemo(api, hostname)
  if (known !== null) {
    zone.add(known.dns.records)
    if (known.target.url !== siteUrl) await api.send('PATCH', `/v1/domains/${known.id}`, { target }, domainSchema)
    if (known.state === 'active') return null
  }

  const follow = followSteps(launch)
  let domain: DemoDomain
  if (known === null) {
    say(`Registering ${hostname} with POST /v1/domains:`)
    domain = await api.send('POST', '/v1/domains', { hostname, target, tenant: 'demo' }, domainSchema)
    await follow(domain, (now) => now.reason !== null || now.state === 'failed')
    signal.throwIfAborted()
    say('The customer now adds, at their DNS host (here: a name server inside this demo):')
    for (const record of domain.dns.records) say(recordLine(record))
    zone.add(domain.dns.records)
  } else {
    say(`Going on with ${hostname}, which was ${known.state} when Mooring stopped:`)
    domain = known
  }
  const nudge = domain.state === 'failed' ? 'retry' : 'check'
  await api.send('POST', `/v1/domains/${domain.id}/${nudge}`, undefined, domainSchema)
  const last = await follow(domain, (now) => now.state === 'active' || now.state === 'failed')
  if (last.state !== 'active') return last.reason?.message ?? `${hostname} is still ${last.state}.`
  say(stateLine(last.state, last.at, last.created_at))
  return null
}

/**
 * Tells each finished step once, until `isThere` or the time is up. Returns the domain as it was last seen, and when the
 * last step ended.
 */
function followSteps({ api, say, signal }: DemoLaunch) {
  const told = new Set<string>()
  return async (domain: DemoDomain, isThere: (now: DemoDomain) => boolean): Promise<DemoDomain & { at: Date }> => {
    let at = domain.created_at
    const deadline = Date.now() + WAIT_MS
    for (;;) {
      // The domain first: what it says has its attempts in the answer that follows.
      const now = (await api.get(`/v1/domains/${domain.id}`, domainSchema)) ?? domain
      const attempts = (await api.get(`/v1/domains/${domain.id}/attempts?limit=50`, attemptsSchema))?.data ?? []
      for (const attempt of attempts.toReversed()) {
        if (attempt.finished_at === null || told.has(attempt.id)) continue
        told.add(attempt.id)
        at = attempt.finished_at
        say(attemptLine(attempt, attempt.finished_at, domain.created_at))
      }
      signal.throwIfAborted()
      if (isThere(now) || Date.now() > deadline) return { ...now, at }
      await pause(LOOK_MS)
    }
  }
}
