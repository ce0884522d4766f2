import { DAY, HOUR, MINUTE, SECOND } from '../clock.ts'
import { type Actor, REASONS, type ReasonCode } from '../reasons.ts'
import type { Notice, NoticeTopic } from './notice-group.ts'

const WHO_ACTS: Record<Actor, string> = {
  customer: 'The customer must act.',
  platform: 'The platform must act.',
  operator: 'An operator must act.',
  ca: 'The certificate authority must act.',
  nobody: 'Nobody has to act.',
}

/**
 * A notice in plain words.
 *
 * Made only of the hostname, the ids, the code and the table's general words: the reason's own sentence may quote a
 * token, a CA or a customer's record, and a chat is no place for what is secret or for what somebody else wrote.
 */
export function noticeText({ kind, topic, count, sample, lastedMs, isUrgent }: Notice): string {
  const { code } = topic
  const mark = isUrgent ? '[urgent] ' : ''
  switch (kind) {
    case 'first':
      return `${mark}${sample.hostname}: ${code}. ${meaning(code)} (${sample.domainId})`
    case 'digest':
      return `${mark}${domains(count, ' more')}: ${code}${place(topic)} in ${duration(lastedMs)}. ${meaning(code)} The latest: ${sample.hostname}.`
    case 'escalated':
      return `${mark}Not over after ${duration(lastedMs)}: ${code}${place(topic)}, ${domains(count)}. ${meaning(code)}`
    case 'recovered':
      return `recovered: ${code}${place(topic)}, ${domains(count)}, after ${duration(lastedMs)}.`
  }
}

/** What a silence held back, once it is over. */
export const silencedText = (topic: NoticeTopic, held: { domains: number; notices: number }): string =>
  `${domains(held.domains)}: ${topic.code}${place(topic)}, held back by a silence that is over (${counted(held.notices, 'notice')}). ${meaning(topic.code)}`

// A row written by a newer release may carry a code that this one does not know.
function meaning(code: string): string {
  const known = (REASONS as Record<string, (typeof REASONS)[ReasonCode] | undefined>)[code]
  return known === undefined ? 'The dashboard says more.' : `${known.means} ${WHO_ACTS[known.actor]}`
}

export const place = ({ subject }: NoticeTopic): string => (subject === null ? '' : ` at ${subject}`)

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`

export const domains = (count: number, which = ''): string => counted(count, `${which.trim()} domain`.trim())

function duration(ms: number): string {
  if (ms < MINUTE) return `${Math.max(1, Math.round(ms / SECOND))} s`
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`
  return ms < 2 * DAY ? `${Math.round(ms / HOUR)} h` : `${Math.round(ms / DAY)} days`
}
