import { expect, it } from 'vitest'
import { createAuditTurn } from './seal-audit.ts'

const sealing = (...batches: number[]) => ({ seal: async () => batches.shift() as number })

it('seals batch after batch until nothing is left, and comes back in a second', async () => {
  const turn = createAuditTurn({ sealer: sealing(1000, 1000, 7, 0), signal: new AbortController().signal })
  expect(await turn()).toBe(1000)
})

it('ends between two batches when its term does', async () => {
  const term = new AbortController()
  const sealed: number[] = []
  const sealer = {
    async seal() {
      sealed.push(1)
      if (sealed.length === 2) term.abort()
      return 1
    },
  }
  await createAuditTurn({ sealer, signal: term.signal })()
  expect(sealed).toHaveLength(2)
})
