import { expect, it } from 'vitest'
import { readEventStream, type StreamMessage } from './read-event-stream.ts'

async function read(...chunks: string[]): Promise<StreamMessage[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })
  const messages: StreamMessage[] = []
  for await (const message of readEventStream(body)) messages.push(message)
  return messages
}

it('messages come with type, id and data, however the connection cuts them', async () => {
  const text = 'id: 7-1\nevent: domain.active\ndata: {"a":1}\n\n: still here\n\nid: 7-2\ndata: x\ndata: y\n\n'
  const expected = [
    { id: '7-1', type: 'domain.active', data: '{"a":1}' },
    { id: '7-2', type: 'message', data: 'x\ny' },
  ]
  expect(await read(text)).toEqual(expected)
  expect(await read(...text.split(''))).toEqual(expected)
})

it('a message that the connection cut off is not a message', async () => {
  expect(await read('id: 1\ndata: whole\n\nid: 2\ndata: half')).toEqual([{ id: '1', type: 'message', data: 'whole' }])
})
