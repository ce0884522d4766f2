import { type Log, MINUTE, SECOND } from '@mooring/core'
import type { Rewrap } from '@mooring/postgres'

/** A process that still has the old key as its present one may seal with it after a round: rounds are repeated. */
const NEXT_ROUND_MS = 10 * MINUTE
const TELL_EVERY_MS = 10 * SECOND

/**
 * A turn that wraps one batch of stored keys with the present key-encryption key; see `runTask`. Tells how many are left,
 * and once when none is: then the old key can go.
 */
export function createKeyRewrapper({ rewrap, log }: { rewrap: Rewrap; log: Log }): () => Promise<number> {
  let rewrapped = 0
  let toldAt = 0
  let saidDone = false

  return async () => {
    const batch = await rewrap.batch()
    rewrapped += batch.rewrapped
    if (!batch.roundEnded) {
      if (batch.rewrapped > 0 && Date.now() - toldAt > TELL_EVERY_MS) {
        log.info({ rewrapped, remaining: batch.remaining }, 'wrapping stored keys with the new encryption key')
        toldAt = Date.now()
      }
      return 0
    }
    for (const complaint of batch.complaints) log.error({ ...complaint }, 'stored keys stay with an old encryption key')
    if (batch.remaining === 0 && !saidDone) {
      log.info(
        { rewrapped },
        'every stored key is wrapped with the new encryption key; ' +
          'once every process runs with it, MOORING_ENCRYPTION_KEYS_BEFORE can be removed',
      )
    }
    saidDone = batch.remaining === 0
    // Rows that somebody was writing were skipped: they are soon free again.
    return batch.remaining === 0 || batch.complaints.length > 0 ? NEXT_ROUND_MS : SECOND
  }
}
