import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readMessages } from './event-stream.ts'

const STREAM =
  ': hello\r\nid: 1\r\nevent: a\r\ndata: {"n":1}\r\n\r\ndata:x\ndata: y\n\nid: 3\r\rretry: 5\n\ndata: ü€\n\ndata: cut'
const MESSAGES = [
  { id: '1', event: 'a', data: '{"n":1}' },
  { id: '1', event: 'message', data: 'x\ny' },
  { id: '3', event: 'message', data: null },
  { id: '3', event: 'message', data: null },
  { id: '3', event: 'message', data: 'ü€' },
]

it('a stream reads the same wherever it is cut into pieces', async () => {
  const bytes = new TextEncoder().encode(STREAM)
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 12 }), async (places) => {
      const cuts = [0, ...places.toSorted((a, b) => a - b), bytes.length]
      async function* pieces() {
        for (const [at, end] of cuts.entries()) if (at > 0) yield bytes.slice(cuts[at - 1], end)
      }
      expect(await Array.fromAsync(readMessages(pieces()))).toEqual(MESSAGES)
    }),
  )
})
