import type { Client } from '@mooring/client'
import { z } from 'zod'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { domainPage } from '../render/domain-page.ts'
import { livePage } from '../render/live-page.ts'
import { printJsonLine } from '../render/print-json.ts'
import { type TimelineEvent, changeLine, watchPage } from '../render/watch-page.ts'
import { clientOf } from '../server/call-server.ts'
import { type DomainAnswer, domainSchema } from '../server/domain-answer.ts'
import { failureOf } from '../server/failure-of.ts'
import { serverFromEnvironment } from '../server/server-from-environment.ts'
import { command } from './command.ts'
import { option } from './option.ts'
import { type OutputOptions, output } from './output.ts'

interface WatchOptions extends OutputOptions {
  timeout?: string
}

export const watchCommand = command<WatchOptions>({
  name: 'watch',
  description: 'show a launch as it happens, until the domain is active or has failed',
  args: [['<hostname>', 'or the id of a domain']],
  options: [option('--timeout <seconds>', 'give up by then')],
  after: `
Ends with 0 when the domain is active or has left, 1 when it failed or is
suspended, 3 when time is over.`,
  run: ([hostname = ''], options) => watchDomain(hostname, options),
})

/** Takes the domain as it was understood, and as it came. */
type Show = (domain: DomainAnswer, answer: unknown) => Promise<void>

/** Follows a domain until nothing changes by itself any more. */
export async function watchDomain(idOrHostname: string, options: WatchOptions): Promise<ExitCode> {
  const client = clientOf(serverFromEnvironment())
  const { signal, deadline } = timesUp(options)
  const screen = process.stdout.isTTY && options.json !== true ? drawing(client, options) : null
  const show = screen?.show ?? (options.json === true ? showAsJson : showAsLines(options))
  try {
    // Somebody sits here: a server that is away at first may well be the wrong one.
    await client.call('GET /v1/domains/{id}', { path: { id: idOrHostname }, signal })
    for await (const answer of client.follow(idOrHostname, { signal })) {
      const domain = domainSchema.parse(answer)
      await show(domain, answer)
      const ending = endingOf(domain)
      if (ending !== null) return ending
    }
    return EXIT.unknown
  } catch (error) {
    if (deadline?.aborted === true) throw new Failure(EXIT.unknown, `${idOrHostname} is not there yet.`)
    throw failureOf(error)
  } finally {
    screen?.stop()
  }
}

function timesUp({ timeout }: WatchOptions): { signal?: AbortSignal; deadline?: AbortSignal } {
  if (timeout === undefined) return {}
  if (!/^\d{1,6}$/.test(timeout)) throw new Failure(EXIT.usage, `"${timeout}" is no number of seconds.`)
  const deadline = AbortSignal.timeout(Number(timeout) * 1000)
  return { signal: deadline, deadline }
}

function endingOf({ state, reason }: DomainAnswer): ExitCode | null {
  if (state === 'active' || state === 'deprovisioned') return EXIT.ok
  // A suspension that has lost its reason is about to end.
  return state === 'failed' || (state === 'suspended' && reason !== null) ? EXIT.wrong : null
}

const showAsJson: Show = async (_, answer) => void process.stdout.write(printJsonLine(answer))

/** The whole at first, so that what is to be typed is there; then a line whenever it is elsewhere. */
function showAsLines(options: OutputOptions): Show {
  let shown: string | null = null
  return async (domain) => {
    const news = `${domain.state} ${domain.reason?.message}`
    if (shown === null) output(domain, domainPage(domain), options)
    else if (news !== shown) output(domain, changeLine(domain, new Date()), options)
    shown = news
  }
}

const eventsSchema = z.object({
  data: z.array(z.object({ at: z.string(), type: z.string(), data: z.record(z.string(), z.unknown()) })),
})

const TICK_MS = 1_000

/** In place, and once a second: time passes while nothing else does. */
function drawing(client: Client, options: OutputOptions): { show: Show; stop(): void } {
  const page = livePage(process.stdout, process.env, options)
  let watched: { domain: DomainAnswer; events: TimelineEvent[] } | null = null
  const draw = () => {
    if (watched !== null) page.draw(watchPage(watched, new Date()))
  }
  const timer = setInterval(draw, TICK_MS)
  return {
    async show(domain) {
      const path = `/v1/domains/${encodeURIComponent(domain.id)}/events?limit=20`
      const { body } = await client.request({ method: 'GET', path })
      watched = { domain, events: eventsSchema.parse(body).data }
      draw()
    },
    stop: () => clearInterval(timer),
  }
}
