import { once } from 'node:events'
import { type Candidate, type LeaderOptions, runForLeader } from '@mooring/postgres'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { usePostgres } from '../services/test-database.ts'
import { soon } from '../services/soon.ts'

const { openAnother, asSuperuser } = usePostgres()
const candidates: Candidate[] = []
afterEach(async () => {
  await Promise.all(candidates.splice(0).map((candidate) => candidate.stop()))
})

const atWork = new Set<object>()

/** Runs for leader on connections of its own; its work is to wait for the end of its term. */
function aCandidate(options: Partial<LeaderOptions> = {}) {
  let terms = 0
  const candidate = runForLeader({
    database: openAnother(),
    candidacyMs: 20,
    probeMs: 50,
    async lead(signal) {
      const term = {}
      terms += 1
      atWork.add(term)
      if (!signal.aborted) await once(signal, 'abort')
      atWork.delete(term)
    },
    ...options,
  })
  candidates.push(candidate)
  return { ...candidate, terms: () => terms }
}

const terminateLeader = () =>
  asSuperuser(`
    select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`)

describe('the leader', () => {
  it('is one among many, and another when it stops', async () => {
    const all = [aCandidate(), aCandidate(), aCandidate()]
    await soon(() => expect(atWork.size).toBe(1))
    const first = all.find((candidate) => candidate.isLeading())
    await first?.stop()
    expect(first?.isLeading()).toBe(false)
    await soon(() => expect(atWork.size).toBe(1))
    expect(all.filter((candidate) => candidate.isLeading())).toHaveLength(1)
  })

  it('stops leading when its connection is lost, and somebody leads again', async () => {
    const only = aCandidate()
    await soon(() => expect(only.isLeading()).toBe(true))
    await terminateLeader()
    await soon(() => expect(only.terms()).toBe(2))
    await soon(() => expect(only.isLeading()).toBe(true))
  })

  it('loses the office when it says nothing for too long, as a frozen process does', async () => {
    const frozen = aCandidate({ probeMs: 600_000, silenceMs: 300 })
    await soon(() => expect(frozen.isLeading()).toBe(true))
    const other = aCandidate()
    await vi.waitFor(() => expect(other.isLeading()).toBe(true), { timeout: 5_000 })
  })

  it('keeps the office as long as it is heard', async () => {
    const steady = aCandidate({ probeMs: 50, silenceMs: 200 })
    await soon(() => expect(steady.isLeading()).toBe(true))
    const other = aCandidate()
    const since = Date.now()
    await soon(() => expect(Date.now() - since).toBeGreaterThan(800))
    expect([steady.terms(), other.terms()]).toEqual([1, 0])
  })

  it('waits for its work to end before it gives the office up', async () => {
    const { promise: finished, resolve: finish } = Promise.withResolvers<void>()
    const slow = aCandidate({ lead: () => finished })
    await soon(() => expect(slow.isLeading()).toBe(true))
    const other = aCandidate()
    const stopped = slow.stop()
    expect(other.isLeading()).toBe(false)
    finish()
    await stopped
    await soon(() => expect(other.isLeading()).toBe(true))
  })

  it('runs again when its work breaks', async () => {
    let terms = 0
    aCandidate({
      lead: async () => {
        terms += 1
        if (terms < 3) throw new Error('broken')
      },
    })
    await soon(() => expect(terms).toBeGreaterThanOrEqual(3))
  })
})
