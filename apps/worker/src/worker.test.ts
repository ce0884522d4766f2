import { AppError, type ClaimAnswer, newDomainId } from '@mooring/core'
import { createMemoryJobQueue } from '@mooring/queue'
import { createLogger } from '@mooring/runtime'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Worker, type WorkerDeps, startWorker } from './worker.ts'

const workers: Worker[] = []
afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(workers.splice(0).map((worker) => worker.stop({ drainMs: 0 })))
})

/** A worker over an empty database: claims are answered by `claim`, and nothing beyond is reached. */
async function aWorker(claim: (domainId: string) => Promise<ClaimAnswer>) {
  const log = createLogger({ name: 'worker', level: 'silent' })
  const queue = createMemoryJobQueue({ log })
  const roster = { heartbeat: vi.fn(async () => ({ draining: false })), leave: vi.fn(async () => {}) }
  const engine = { store: { claim }, leaseMs: 60_000 } as unknown as WorkerDeps['engine']
  const error = vi.spyOn(log, 'error')
  const worker = await startWorker({ queue, engine, roster, name: 'worker-1', slots: 2, heartbeatMs: 10_000, log })
  workers.push(worker)
  return { worker, queue, roster, error, hint: { domainId: newDomainId(), lane: 'normal' as const } }
}

const NOT_DUE: ClaimAnswer = { kind: 'not_due' }
const away = () => Promise.reject(new AppError('DATABASE_UNAVAILABLE', 'The database cannot be reached.'))

describe('a worker', () => {
  it('claims the domain that a hint names', async () => {
    const claim = vi.fn(async () => NOT_DUE)
    const { queue, hint } = await aWorker(claim)
    await queue.publish([hint])
    await vi.waitFor(() => expect(claim).toHaveBeenCalledWith(hint.domainId, 'worker-1'))
  })

  it('does not wait out its rest when it is to stop', async () => {
    const { queue, hint, worker, error } = await aWorker(away)
    await queue.publish([hint])
    await vi.waitFor(() => expect(error).toHaveBeenCalled())
    const startedAt = performance.now()
    await worker.stop({ drainMs: 5000 })
    expect(performance.now() - startedAt).toBeLessThan(500)
  })

  it('finishes what is in hand before it stops, and takes nothing new', async () => {
    const claimed = Promise.withResolvers<ClaimAnswer>()
    const claim = vi.fn(() => claimed.promise)
    const { queue, hint, worker } = await aWorker(claim)
    await queue.publish([hint])
    await vi.waitFor(() => expect(claim).toHaveBeenCalledOnce())
    let stopped = false
    const stopping = worker.stop({ drainMs: 5000 }).then(() => (stopped = true))
    await queue.publish([hint])
    expect(stopped).toBe(false)
    claimed.resolve(NOT_DUE)
    await stopping
    expect(claim).toHaveBeenCalledOnce()
  })

  it('says that it is there, again and again, and signs off', async () => {
    vi.useFakeTimers()
    const { roster, worker } = await aWorker(async () => NOT_DUE)
    expect(roster.heartbeat).toHaveBeenCalledWith({ name: 'worker-1', slots: 2 })
    roster.heartbeat.mockRejectedValueOnce(new Error('The database is away.'))
    await vi.advanceTimersByTimeAsync(20_000)
    expect(roster.heartbeat).toHaveBeenCalledTimes(3)
    await worker.stop({ drainMs: 0 })
    expect(roster.leave).toHaveBeenCalledWith('worker-1')
  })
})
