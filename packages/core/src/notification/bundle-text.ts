import type { Notice, NoticeScope, NoticeTopic } from './notice-group.ts'
import { counted, domains, place } from './notice-text.ts'

/** What a bundle needs of each notice. */
export type BundledNotice = Pick<Notice, 'kind' | 'topic' | 'count' | 'isUrgent'>

const LINES = 10

const PLACES: Record<NoticeScope, [one: string, many: string]> = {
  tenant: ['tenant', 'tenants'],
  ca: ['certificate authority', 'certificate authorities'],
  edge: ['edge', 'edges'],
}

/** One message for many notices: a line per code and kind, the largest first. */
export function bundleText(notices: readonly BundledNotice[]): string {
  const lines = [...Map.groupBy(notices, ({ kind, topic }) => `${partOf(kind)} ${topic.code}`).values()]
    .map(lineOf)
    .sort((a, b) => Number(b.isUrgent) - Number(a.isUrgent) || b.count - a.count)
  const shown = lines.slice(0, LINES).map(({ text }) => text)
  const left = lines.length > LINES ? [`and ${lines.length - LINES} more kinds of trouble`] : []
  const last = `(${counted(notices.length, 'notice')} in one; the dashboard lists each.)`
  return [...shown, ...left, last].join('\n')
}

function lineOf(alike: readonly BundledNotice[]): { text: string; count: number; isUrgent: boolean } {
  const count = alike.reduce((sum, notice) => sum + notice.count, 0)
  const isUrgent = alike.some((notice) => notice.isUrgent)
  const [first] = alike
  if (first === undefined) return { text: '', count, isUrgent }
  const subjects = [...new Map(alike.map(({ topic }) => [topic.key, topic])).values()]
  const what = `${first.topic.code}${places(subjects)}, ${domains(count)}`
  const mark = isUrgent && first.kind !== 'recovered' ? '[urgent] ' : ''
  return { text: `${mark}${PREFIXES[partOf(first.kind)]}${what}`, count, isUrgent }
}

// A first one and a digest say the same: so many more.
const partOf = (kind: Notice['kind']): 'trouble' | 'escalated' | 'recovered' =>
  kind === 'first' || kind === 'digest' ? 'trouble' : kind

const PREFIXES = { trouble: '', escalated: 'Not over: ', recovered: 'recovered: ' }

function places(topics: readonly NoticeTopic[]): string {
  const [only] = topics
  if (only === undefined) return ''
  return topics.length === 1 ? place(only) : ` at ${counted(topics.length, ...PLACES[only.scope])}`
}
