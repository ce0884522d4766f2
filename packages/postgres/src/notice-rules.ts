import type { NoticeChannel } from '@mooring/core'

export interface NoticeRules {
  /** How long repeats are counted before they are told in one message. */
  windowMs: number
  /** For how long nobody may have a trouble before it counts as over. */
  recoveryMs: number
  /** Messages that each channel gets in an hour, at most. */
  perHour: number
  channels: readonly NoticeChannel[]
}

/** At one moment, by the caller's clock. */
export type RulesNow = NoticeRules & { now: Date }
