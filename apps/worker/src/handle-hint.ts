import { setTimeout as timer } from 'node:timers/promises'
import { type EngineDeps, type Hint, SECOND, runDomain } from '@mooring/core'

const PAUSES = { firstMs: 1 * SECOND, longestMs: 15 * SECOND }

/**
 * What a slot does with a hint. The hint is done with when this resolves; when it rejects, the broker gives it to
 * somebody again.
 *
 * The engine throws when the database is away, and then every hint fails. A slot rests before it gives one back, longer
 * with every failure in a row: a hint that comes back in a tight loop costs two processes their CPU and is a dead letter
 * after twenty rounds. One line in the log tells of the outage, one of its end.
 */
export function createHandler(engine: EngineDeps, pauses = PAUSES): (hint: Hint) => Promise<void> {
  const { log, stopping } = engine
  let failuresInARow = 0

  return async ({ domainId }) => {
    try {
      const end = await runDomain(domainId, engine)
      if (end === 'lost') log.warn({ domainId }, 'lease lost, another worker has the domain')
      else log.debug({ domainId, end }, 'hint handled')
    } catch (error) {
      failuresInARow += 1
      const tell = failuresInARow === 1 ? log.error.bind(log) : log.debug.bind(log)
      tell({ domainId, err: error, failuresInARow }, 'hint not handled')
      const pauseMs = Math.min(pauses.firstMs * 2 ** (failuresInARow - 1), pauses.longestMs)
      await timer(pauseMs, undefined, { signal: stopping }).catch(() => undefined)
      throw error
    }
    if (failuresInARow > 1) log.info({ failuresInARow }, 'hints are handled again')
    failuresInARow = 0
  }
}
