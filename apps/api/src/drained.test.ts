import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { drained } from './drained.ts'

const PIECE = Buffer.alloc(1024 * 1024)
let server: Server
let response: ServerResponse
let reader: IncomingMessage
beforeEach(async () => {
  server = createServer((_request, answer) => {
    response = answer
    answer.writeHead(200).flushHeaders()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const request = get({ port: (server.address() as AddressInfo).port })
  reader = (await once(request, 'response'))[0]
  reader.on('error', () => {})
  reader.pause()
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** The system takes as many megabytes for a reader as it likes before anything waits here. */
async function fill(): Promise<void> {
  for (let written = 0; written < 500; written += 1) {
    response.write(PIECE)
    if (!(await drained(response, 200))) return
  }
  throw new Error('500 MB went to a reader that reads nothing')
}

it('says at once that nothing waits', async () => {
  expect(await drained(response, 0)).toBe(true)
})

it('says so when nothing is taken in time', async () => {
  await fill()
  expect(await drained(response, 20)).toBe(false)
})

it('ends with the backlog', async () => {
  await fill()
  reader.resume()
  expect(await drained(response, 5_000)).toBe(true)
  expect(response.writableNeedDrain).toBe(false)
})

it('ends with the answer', async () => {
  await fill()
  const ends = drained(response, 5_000)
  reader.destroy()
  expect(await ends).toBe(true)
})
