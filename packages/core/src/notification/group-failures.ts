import { after } from '../clock.ts'
import type { Reason } from '../reasons.ts'

/** What ops should hear of about one domain: a row of the outbox, written with the transition that broke or failed. */
export interface Failure {
  /** What repeats are counted by: the reason's code. */
  groupKey: string
  domainId: string
  hostname: string
  reason: Reason
}

/** Domains with the same trouble since the last message about it. A group whose window is over and empty is forgotten. */
export interface NoticeGroup {
  key: string
  /** Until then repeats are only counted. */
  windowUntil: Date
  /** Domains counted since the last message. */
  held: number
  /** The latest one counted; names an example in the digest. */
  sample: Failure
}

/** A message to people. `count` domains are told by it; `sample` is the one it names. */
export interface Notice {
  kind: 'first' | 'digest'
  groupKey: string
  count: number
  sample: Failure
  /** How long the domains of a digest took to gather, in milliseconds; 0 for a first one. */
  gatheredMs: number
}

export interface Grouping {
  /** The group as it is from now on; null when it may be forgotten. */
  group: NoticeGroup | null
  notices: Notice[]
}

/**
 * What is told now about one group, and what is held back.
 *
 * - Quiet: the first failure goes out at once and opens a window; others that came with it are counted.
 * - Window open: failures are counted.
 * - Window over: what was counted, with what arrives at this moment, goes out as one digest and a new window opens,
 *   so a lasting trouble costs one message per window. A window that ends with nothing counted closes the group.
 *
 * `group` is null where there is none; `arrivals` are of domains the group has not met yet, since a domain that is
 * tried again and fails again is not one more. Deciding twice with the same facts tells nothing twice: the counts move into
 * the message.
 */
export function groupFailures(
  group: NoticeGroup | null,
  arrivals: readonly Failure[],
  { now, windowMs }: { now: Date; windowMs: number },
): Grouping {
  const isOpen = group !== null && now < group.windowUntil
  const sample = arrivals.at(-1) ?? group?.sample
  const [first] = arrivals

  if (isOpen && sample !== undefined) {
    return { group: { ...group, held: group.held + arrivals.length, sample }, notices: [] }
  }
  if (group !== null && group.held > 0 && sample !== undefined) {
    const gatheredMs = now.getTime() - group.windowUntil.getTime() + windowMs
    const digest: Notice = {
      kind: 'digest',
      groupKey: group.key,
      count: group.held + arrivals.length,
      sample,
      gatheredMs,
    }
    return { group: { ...group, windowUntil: after(now, windowMs), held: 0, sample }, notices: [digest] }
  }
  if (first === undefined || sample === undefined) return { group: null, notices: [] }
  return {
    group: { key: first.groupKey, windowUntil: after(now, windowMs), held: arrivals.length - 1, sample },
    notices: [{ kind: 'first', groupKey: first.groupKey, count: 1, sample: first, gatheredMs: 0 }],
  }
}
