import type { NoticeSender } from '@mooring/core'
import type { Notices } from '@mooring/postgres'
import type { Meter } from '@mooring/runtime'

/** The senders, with every try counted by its channel and what became of it. */
export const measureSenders = (senders: readonly NoticeSender[], meter: Meter): NoticeSender[] =>
  senders.map((sender) => ({
    ...sender,
    async send(message) {
      const answer = await sender.send(message)
      meter.count('mooring_deliveries_total', { channel: sender.channel, result: answer.kind })
      return answer
    },
  }))

/** What was decided to be told, and of how many domains nobody was told at once. */
export const measureNotices = (notices: Notices, meter: Meter): Notices => ({
  ...notices,
  async group(options) {
    const told = await notices.group(options)
    for (const { kind, count, held } of told) {
      meter.count('mooring_notices_total', { kind })
      if (kind === 'digest') meter.count('mooring_notices_held_total', { why: 'grouped' }, count)
      if (held !== null) meter.count('mooring_notices_held_total', { why: held }, count)
    }
    return told
  },
})
