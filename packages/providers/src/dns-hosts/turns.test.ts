import { expect, it } from 'vitest'
import { createTurns } from './turns.ts'

it('lets one call begin when the one before has ended, even badly', async () => {
  const inTurn = createTurns()
  const events: string[] = []
  const call = (name: string, end: () => void) => async () => {
    events.push(`${name} begins`)
    await Promise.resolve()
    events.push(`${name} ends`)
    end()
  }
  const fail = () => {
    throw new Error('no')
  }
  const calls = [inTurn(call('one', fail)), inTurn(call('two', () => {}))]
  expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  expect(events).toEqual(['one begins', 'one ends', 'two begins', 'two ends'])
})
