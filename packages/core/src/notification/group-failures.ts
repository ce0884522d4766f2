import { after } from '../clock.ts'
import { type Failure, type Notice, type NoticeGroup, isAlarm } from './notice-group.ts'

export interface Grouping {
  group: NoticeGroup
  notices: Notice[]
}

/** A group before its first domain is counted: a window that ended long ago with nothing in it. */
export const newGroup = ({ topic, domainId, hostname, reason }: Failure, now: Date): NoticeGroup => ({
  topic,
  windowUntil: new Date(0),
  held: 0,
  sample: { domainId, hostname, reason },
  since: now,
  domains: 0,
  clearSince: null,
  escalated: 0,
})

/**
 * What is told now about one group, and what is held back.
 *
 * - Quiet: the first failure goes out at once and opens a window; others that came with it are counted.
 * - Window open: failures are counted.
 * - Window over: what was counted, with what arrives at this moment, goes out as one digest and a new window opens,
 *   so that a growing trouble costs one message per window.
 *
 * `arrivals` are of domains the group has not met yet, since a domain that is tried again and fails again is not one
 * more. Deciding twice with the same facts tells nothing twice: the counts move into the message.
 */
export function groupFailures(
  group: NoticeGroup,
  arrivals: readonly Failure[],
  { now, windowMs }: { now: Date; windowMs: number },
): Grouping {
  const grown = arrivals.length === 0 ? group : grow(group, arrivals)
  if (now < group.windowUntil) return { group: grown, notices: [] }
  if (group.held > 0) return digest(grown, { now, windowMs })
  const [first] = arrivals
  if (first === undefined) return { group, notices: [] }
  const notice: Notice = {
    kind: 'first',
    topic: group.topic,
    count: 1,
    sample: sampleOf(first),
    lastedMs: 0,
    isUrgent: isAlarm(group.topic.code),
  }
  return { group: { ...grown, held: grown.held - 1, windowUntil: after(now, windowMs) }, notices: [notice] }
}

/** Tells what was counted, although the window may still be open: where a message goes out anyway, it takes all. */
export function digest(group: NoticeGroup, { now, windowMs }: { now: Date; windowMs: number }): Grouping {
  if (group.held === 0) return { group, notices: [] }
  const notice: Notice = {
    kind: 'digest',
    topic: group.topic,
    count: group.held,
    sample: group.sample,
    lastedMs: now.getTime() - group.windowUntil.getTime() + windowMs,
    isUrgent: isAlarm(group.topic.code),
  }
  return { group: { ...group, held: 0, windowUntil: after(now, windowMs) }, notices: [notice] }
}

function grow(group: NoticeGroup, arrivals: readonly Failure[]): NoticeGroup {
  const latest = arrivals.at(-1)
  return {
    ...group,
    held: group.held + arrivals.length,
    domains: group.domains + arrivals.length,
    sample: latest === undefined ? group.sample : sampleOf(latest),
    clearSince: null,
  }
}

const sampleOf = ({ domainId, hostname, reason }: Failure): NoticeGroup['sample'] => ({ domainId, hostname, reason })
