import type { FastifyInstance } from 'fastify'

/**
 * Lets requests that are being answered end before the connections are cut, up to `drainMs`: a launch that commits
 * while the process stops still gets its 202.
 */
export function drainOnClose(app: FastifyInstance, drainMs: number): void {
  let running = 0
  let closing = false
  const idle = Promise.withResolvers<void>()
  const check = () => closing && running === 0 && idle.resolve()

  app.addHook('onRequest', async (_request, reply) => {
    running += 1
    if (closing) reply.header('connection', 'close')
    reply.raw.once('close', () => {
      running -= 1
      check()
    })
  })
  app.addHook('preClose', async () => {
    closing = true
    check()
    const timer = setTimeout(() => idle.resolve(), drainMs)
    await idle.promise
    clearTimeout(timer)
  })
}
