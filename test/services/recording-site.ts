import { once } from 'node:events'
import { type IncomingHttpHeaders, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A site behind an edge: answers what it was asked, and takes websockets, echoing what they send. */
export interface RecordingSite {
  port: number
  stop(): Promise<void>
}

export interface Recorded {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

export async function startRecordingSite(): Promise<RecordingSite> {
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('')
    const { method = '', url = '', headers } = request
    response.setHeader('content-type', 'application/json')
    response.setHeader('x-port', String(request.socket.localPort))
    response.end(JSON.stringify({ method, url, headers, body } satisfies Recorded))
  })
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => socket.destroy())
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
