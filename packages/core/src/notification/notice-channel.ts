import type { Notice } from './notice-group.ts'
import type { NoticeSender } from './notice-sender.ts'

/**
 * Where notices go, and which.
 *
 * - `everything`   the only kind there is while nothing is set up for escalations
 * - `usual`        all but escalations, which go elsewhere
 * - `escalations`  escalations, alarms, and the end of what was escalated
 */
export interface NoticeChannel {
  /** As stored with each delivery. */
  name: string
  hears: 'everything' | 'usual' | 'escalations'
}

export function hears({ hears }: NoticeChannel, { kind, isUrgent }: Pick<Notice, 'kind' | 'isUrgent'>): boolean {
  switch (hears) {
    case 'everything':
      return true
    case 'usual':
      return kind !== 'escalated'
    case 'escalations':
      return isUrgent
  }
}

/** What each sender's channel hears. */
export function noticeChannels(
  senders: readonly Pick<NoticeSender, 'channel' | 'isForEscalations'>[],
): NoticeChannel[] {
  const usual = senders.some(({ isForEscalations }) => isForEscalations === true) ? 'usual' : 'everything'
  return senders.map(({ channel, isForEscalations }) => ({
    name: channel,
    hears: isForEscalations === true ? 'escalations' : usual,
  }))
}
