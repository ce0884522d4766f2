import { once } from 'node:events'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

interface ReceivedMail {
  from: string
  to: string[]
  /** As it came: headers, an empty line, the body. */
  source: string
}

export interface RunningSmtp {
  /** `smtp://127.0.0.1:port` */
  url: string
  received: ReceivedMail[]
  stop(): Promise<void>
}

/** An SMTP server on a free port that takes every mail, unless told otherwise. */
export async function startSmtp(options: SMTPServerOptions = {}): Promise<RunningSmtp> {
  const received: ReceivedMail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          source: Buffer.concat(chunks).toString('utf8'),
        })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => undefined) // A client that hangs up is the test's own doing.
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  return {
    url: `smtp://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    received,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** A server that says a byte now and then, and never a whole line: it never looks idle. */
export async function startTarpit(): Promise<RunningSmtp & { visits(): number }> {
  const sockets = new Set<Socket>()
  let visits = 0
  const server = createServer((socket) => {
    visits += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.write('220-')
    const drip = setInterval(() => socket.write('.'), 20)
    socket.on('close', () => {
      clearInterval(drip)
      sockets.delete(socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    visits: () => visits,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
