import { DAY, HOUR } from '../clock.ts'
import { REASONS, type ReasonCode } from '../reasons.ts'
import { type Notice, type NoticeGroup, isAlarm } from './notice-group.ts'

/** A trouble that is older than each of these is told again, once. */
const ESCALATIONS_MS = [HOUR, DAY]

/**
 * What becomes of a group that was told: whether it is over, and whether it lasts too long.
 *
 * It is over when no domain has the trouble any more and none had it for `recoveryMs`, so that what comes and goes is not
 * told again and again; what it still counts is told first. What only the customer can end is not escalated: a record
 * that was never added is no emergency. `group` is null when it is over.
 */
export function followTrouble(
  group: NoticeGroup,
  { isInTrouble, now, recoveryMs }: { isInTrouble: boolean; now: Date; recoveryMs: number },
): { group: NoticeGroup | null; notices: Notice[] } {
  const lastedMs = (until: Date) => until.getTime() - group.since.getTime()
  if (isInTrouble) {
    const level = escalates(group.topic.code) ? ESCALATIONS_MS.filter((ms) => lastedMs(now) >= ms).length : 0
    const followed = { ...group, clearSince: null, escalated: Math.max(level, group.escalated) }
    if (level <= group.escalated) return { group: followed, notices: [] }
    return { group: followed, notices: [noticeOf(group, 'escalated', lastedMs(now))] }
  }
  const clearSince = group.clearSince ?? now
  const isSettled = now.getTime() - clearSince.getTime() >= recoveryMs
  if (!isSettled || group.held > 0) return { group: { ...group, clearSince }, notices: [] }
  return { group: null, notices: [noticeOf(group, 'recovered', lastedMs(clearSince))] }
}

function noticeOf(group: NoticeGroup, kind: 'recovered' | 'escalated', lastedMs: number): Notice {
  const { topic, domains, sample, escalated } = group
  const isUrgent = kind === 'escalated' || escalated > 0 || isAlarm(topic.code)
  return { kind, topic, count: domains, sample, lastedMs, isUrgent }
}

function escalates(code: string): boolean {
  const known = (REASONS as Record<string, (typeof REASONS)[ReasonCode] | undefined>)[code]
  return known === undefined || !['customer', 'nobody'].includes(known.actor)
}
