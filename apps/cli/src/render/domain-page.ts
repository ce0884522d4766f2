import type { DomainAnswer, DomainList } from '../server/domain-answer.ts'
import { type Block, type Page, type Tone, blank, copy, heading, line, piece } from './page.ts'
import { table } from './table.ts'

/** One domain: where it stands, why, and what is still to be typed where. */
export function domainPage(domain: DomainAnswer): Page {
  const { hostname, state, reason, next_check_at: nextCheckAt } = domain
  const because = reason === null ? [] : [piece(reason.message), piece(` (${reason.code})`, 'faint')]
  return [
    line([piece(hostname, 'strong'), piece(' is '), piece(state, toneOf(state)), piece('.')]),
    ...(reason === null ? [] : [line(because)]),
    ...(nextCheckAt === null ? [] : [line([piece(`Looked at again at ${nextCheckAt}.`, 'faint')])]),
    ...way(domain),
    ...missing(domain),
  ]
}

/** Where visitors get to, while the domain is here to stay. */
function way({ state, target: { type, url, service } }: DomainAnswer): Page {
  const where = service === undefined ? url : `service ${service}`
  if (isLeaving(state) || where === undefined) return []
  return [line([piece(type === 'redirect' ? `Visitors are sent to ${where}.` : `Requests go to ${where}.`, 'faint')])]
}

export function domainListPage({ data, next_cursor: nextCursor }: DomainList): Page {
  const rows = table(
    [
      { title: 'Hostname', show: ({ hostname }) => hostname },
      { title: 'State', show: ({ state }) => piece(state, toneOf(state)) },
      { title: 'Reason', show: ({ reason }) => reason?.code ?? '' },
    ],
    data,
    'No domain fits.',
  )
  return nextCursor === null ? rows : [...rows, blank, line([piece(`There are more: --cursor ${nextCursor}`, 'faint')])]
}

function missing({ state, dns, verification: { http } }: DomainAnswer): Page {
  // Of what leaves, nothing is to be added any more.
  if (isLeaving(state)) return []
  const records = dns.records.filter(({ status }) => status !== 'ok')
  return [
    ...(records.length === 0 ? [] : [blank, heading('Records that are not there yet')]),
    ...records.flatMap(({ type, name, value }) => [
      blank,
      copy('Type', type, { indent: 2 }),
      copy('Host', name, { indent: 2 }),
      copy('Value', value, { indent: 2 }),
    ]),
    ...(http ? page(http) : []),
  ]
}

const page = ({ url, body }: { url: string; body: string }): Block[] => [
  blank,
  heading('The page that proves ownership'),
  blank,
  copy('Address', url, { indent: 2 }),
  copy('Text', body, { indent: 2 }),
]

const isLeaving = (state: string): boolean => state === 'deprovisioning' || state === 'deprovisioned'

export function toneOf(state: string): Tone {
  if (state === 'active') return 'good'
  return state === 'failed' || state === 'suspended' ? 'bad' : 'doubtful'
}
