import { describe, expect, it } from 'vitest'
import { createOnce } from './once.ts'

const { signal } = new AbortController()

describe('createOnce', () => {
  it('makes one call for everybody who asks, also later', async () => {
    let calls = 0
    const once = createOnce(async () => ++calls)
    expect(await Promise.all([once.get(signal), once.get(signal), once.get(signal)])).toEqual([1, 1, 1])
    expect(await once.get(signal)).toBe(1)
  })

  it('forgets a failure, so that the next one asks anew', async () => {
    let calls = 0
    const once = createOnce(async () => {
      calls += 1
      if (calls === 1) throw new Error('unlucky')
      return calls
    })
    await expect(once.get(signal)).rejects.toThrow('unlucky')
    expect(await once.get(signal)).toBe(2)
  })

  it('keeps the call going when one of those who wait gives up', async () => {
    const answer = Promise.withResolvers<string>()
    const once = createOnce(() => answer.promise)
    const leaving = new AbortController()
    const [patient, hasty] = [once.get(signal), once.get(leaving.signal)]
    leaving.abort(new Error('no time'))
    await expect(hasty).rejects.toThrow('no time')
    answer.resolve('here')
    expect(await patient).toBe('here')
  })

  it('forgets only the value it still has', async () => {
    let calls = 0
    const once = createOnce(async () => ({ call: ++calls }))
    const first = await once.get(signal)
    once.forget(first)
    const second = await once.get(signal)
    once.forget(first)
    expect(await once.get(signal)).toBe(second)
    expect(calls).toBe(2)
  })
})
