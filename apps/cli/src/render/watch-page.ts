import type { DomainAnswer } from '../server/domain-answer.ts'
import { toneOf } from './domain-page.ts'
import { type Block, type Page, type Tone, blank, copy, heading, line, piece } from './page.ts'
import { aheadOf, clockOf, spanOf } from './span.ts'

/** Something that happened to the domain. */
export interface TimelineEvent {
  at: string
  type: string
  data: Record<string, unknown>
}

export interface Watched {
  domain: DomainAnswer
  /** Newest first. */
  events: TimelineEvent[]
}

/** The way of a launch, as far as it goes on by itself. */
const WAY = ['pending', 'verifying', 'verified', 'provisioning_cert', 'active']
const MOST_EVENTS = 8
const DAY_MS = 86_400_000

/** A launch while it happens: where it is, what is missing, and what happened so far. */
export function watchPage({ domain, events }: Watched, now: Date): Page {
  const { hostname, state, reason, next_check_at: nextCheckAt, created_at: createdAt } = domain
  const age = now.getTime() - Date.parse(createdAt)
  const elapsed = age < DAY_MS ? clockOf(age) : spanOf(age)
  const next = nextCheckAt === null || state === 'active' ? '' : `  next look ${aheadOf(nextCheckAt, now)}`
  return [
    line([piece(hostname, 'strong'), piece(`  ${elapsed}${next}`, 'faint')]),
    way(state),
    ...(reason === null ? [] : [line([piece(reason.message), piece(` (${reason.code})`, 'faint')])]),
    ...(state === 'active' ? [] : records(domain)),
    ...timeline(events, createdAt),
  ]
}

/** `pending › verifying › verified › …`, up to where it is in its tone. */
function way(state: string): Block {
  const reached = WAY.indexOf(state)
  if (reached < 0) return line([piece(state, toneOf(state))])
  return line(
    WAY.flatMap((each, at) => {
      const tone: Tone = at === reached ? toneOf(state) : at < reached ? 'plain' : 'faint'
      return [...(at === 0 ? [] : [piece(' › ', 'faint')]), piece(each, tone)]
    }),
    { hanging: 2 },
  )
}

const TONES: Record<string, Tone> = { ok: 'good', missing: 'bad', mismatch: 'bad' }
const STATUS_WIDTH = 10

function records({ dns, verification: { http } }: DomainAnswer): Page {
  const rows = dns.records.flatMap(({ type, name, value, status, observed }) => [
    line([piece(status.padEnd(STATUS_WIDTH), TONES[status] ?? 'doubtful'), piece(`${type.padEnd(6)}${name}`)], {
      indent: 2,
      hanging: 4,
    }),
    ...(status === 'ok' ? [] : [copy('Value', value, { indent: 4 })]),
    ...(status === 'ok' || observed.length === 0 ? [] : [copy('Found', observed.join(', '), { indent: 4 })]),
  ])
  const page = http
    ? [
        blank,
        heading('The page that proves ownership'),
        copy('Address', http.url, { indent: 2 }),
        copy('Text', http.body, { indent: 2 }),
      ]
    : []
  return [...(rows.length === 0 ? [] : [blank, heading('Records'), ...rows]), ...page]
}

function timeline(events: TimelineEvent[], since: string): Page {
  if (events.length === 0) return []
  const shown = events.slice(0, MOST_EVENTS).toReversed()
  const times = shown.map(({ at }) => clockOf(Date.parse(at) - Date.parse(since)))
  const widest = Math.max(...times.map((time) => time.length))
  return [
    blank,
    heading('What happened'),
    ...shown.map(({ type, data }, at) =>
      line([piece(`${(times[at] ?? '').padStart(widest)}  `, 'faint'), piece(type), piece(detailOf(data), 'faint')], {
        indent: 2,
        hanging: widest + 4,
      }),
    ),
  ]
}

/** The one fact of an event that says most. */
function detailOf(data: Record<string, unknown>): string {
  const { code, reason, edge, issuer } = data
  const nested = typeof reason === 'object' && reason !== null ? (reason as { code?: unknown }).code : reason
  const fact = [code, nested, edge, issuer].find((each) => typeof each === 'string')
  return typeof fact === 'string' ? `  ${fact}` : ''
}

/** One line of the same, for what is no terminal. */
export function changeLine({ state, reason }: DomainAnswer, now: Date): Page {
  const because = reason === null ? [] : [piece(`  ${reason.message}`), piece(` (${reason.code})`, 'faint')]
  return [
    line([piece(`${now.toISOString().slice(0, 19)}Z  `, 'faint'), piece(state, toneOf(state)), ...because], {
      hanging: 2,
    }),
  ]
}
