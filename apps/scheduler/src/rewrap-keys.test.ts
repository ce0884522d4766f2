import { MINUTE, SECOND } from '@mooring/core'
import type { Rewrapped } from '@mooring/postgres'
import { describe, expect, it, vi } from 'vitest'
import { createKeyRewrapper } from './rewrap-keys.ts'

const batch = (facts: Partial<Rewrapped>): Rewrapped => ({
  rewrapped: 0,
  remaining: 0,
  roundEnded: true,
  complaints: [],
  ...facts,
})

/** Takes a turn for each batch; returns the pauses, and what was told. */
async function turnsOver(batches: Rewrapped[]) {
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const left = [...batches]
  const turn = createKeyRewrapper({ rewrap: { batch: async () => left.shift() as Rewrapped }, log })
  const pauses: number[] = []
  while (left.length > 0) pauses.push(await turn())
  const told = [...log.info.mock.calls, ...log.error.mock.calls] as [Record<string, unknown>, string][]
  return { pauses, told }
}

describe('the scheduler’s key rotation', () => {
  it('goes on without a pause while a round lasts, and tells how many keys are left', async () => {
    const { pauses, told } = await turnsOver([
      batch({ rewrapped: 500, remaining: 700, roundEnded: false }),
      batch({ rewrapped: 500, remaining: 200, roundEnded: false }),
      batch({ rewrapped: 200 }),
    ])
    expect(pauses).toEqual([0, 0, 10 * MINUTE])
    expect(told[0]?.[0]).toEqual({ rewrapped: 500, remaining: 700 })
  })

  it('says that the old key can be removed once, though it goes on looking', async () => {
    const { told } = await turnsOver([batch({ rewrapped: 5 }), batch({}), batch({})])
    expect(told).toEqual([[{ rewrapped: 5 }, expect.stringContaining('MOORING_ENCRYPTION_KEYS_BEFORE can be removed')]])
  })

  it('says it again after a process sealed with the old key meanwhile', async () => {
    const { pauses, told } = await turnsOver([
      batch({}),
      batch({ rewrapped: 1, remaining: 1 }),
      batch({ rewrapped: 1 }),
    ])
    expect(pauses[1]).toBe(SECOND)
    expect(told.map(([facts]) => facts)).toEqual([{ rewrapped: 0 }, { rewrapped: 2 }])
  })

  it('says which keys stay behind, and never that the old key can be removed', async () => {
    const complaint = {
      message: 'sealed with another key (1a2b3c4d)',
      keys: 3,
      example: { ownerId: 'a', secretId: 'b' },
    }
    const { pauses, told } = await turnsOver([batch({ remaining: 3, complaints: [complaint] })])
    expect(pauses).toEqual([10 * MINUTE])
    expect(told).toEqual([[complaint, expect.stringContaining('stay')]])
  })
})
