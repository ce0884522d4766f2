import { AppError, type ClaimAnswer, type EngineDeps, newDomainId } from '@mooring/core'
import { createLogger } from '@mooring/runtime'
import { describe, expect, it, vi } from 'vitest'
import { createHandler } from './handle-hint.ts'

const hint = { domainId: newDomainId(), lane: 'normal' as const }
const away = () => Promise.reject(new AppError('DATABASE_UNAVAILABLE', 'The database cannot be reached.'))

/** A handler whose claims find nothing due, or whatever `claim` is told to do. */
function aHandler(pauses = { firstMs: 1, longestMs: 4 }) {
  const log = createLogger({ name: 'worker', level: 'silent' })
  const logged = { error: vi.spyOn(log, 'error'), info: vi.spyOn(log, 'info') }
  const claim = vi.fn(async (): Promise<ClaimAnswer> => ({ kind: 'not_due' }))
  const stopping = new AbortController()
  const engine = { store: { claim }, worker: 'worker-1', log, stopping: stopping.signal } as unknown as EngineDeps
  return { handle: createHandler(engine, pauses), claim, logged, stopping }
}

describe('a hint', () => {
  it('is done with when its domain is not due', async () => {
    const { handle, claim } = aHandler()
    await handle(hint)
    expect(claim).toHaveBeenCalledWith(hint.domainId, 'worker-1')
  })

  it('is given back when the database is away, told in the log once, and so is the end of it', async () => {
    const { handle, claim, logged } = aHandler()
    claim.mockImplementationOnce(away).mockImplementationOnce(away).mockImplementationOnce(away)
    for (let time = 1; time <= 3; time++) await expect(handle(hint)).rejects.toThrow('cannot be reached')
    expect(logged.error).toHaveBeenCalledOnce()
    await handle(hint)
    expect(logged.info).toHaveBeenCalledExactlyOnceWith({ failuresInARow: 3 }, 'hints are handled again')
    claim.mockImplementationOnce(away)
    await expect(handle(hint)).rejects.toThrow()
    expect(logged.error).toHaveBeenCalledTimes(2)
  })

  it('is given back after a rest that grows to a limit', async () => {
    const { handle, claim } = aHandler({ firstMs: 20, longestMs: 40 })
    claim.mockImplementation(away)
    const rests: number[] = []
    for (let time = 1; time <= 4; time++) {
      const startedAt = performance.now()
      await expect(handle(hint)).rejects.toThrow()
      rests.push(performance.now() - startedAt)
    }
    // Timers may fire a millisecond early.
    expect(rests[0]).toBeGreaterThan(18)
    expect(Math.min(...rests.slice(1))).toBeGreaterThan(38)
    expect(Math.max(...rests)).toBeLessThan(2000)
  })

  it('is given back at once when the worker is to stop', async () => {
    const { handle, claim, stopping } = aHandler({ firstMs: 60_000, longestMs: 60_000 })
    claim.mockImplementation(away)
    const handling = handle(hint)
    stopping.abort()
    await expect(handling).rejects.toThrow()
  })
})
