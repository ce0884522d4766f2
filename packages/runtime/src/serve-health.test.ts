import { expect, test } from 'vitest'
import { serveHealth } from './serve-health.ts'

test('a process is alive from the start, and ready when it says so', async () => {
  let ready = false
  const health = await serveHealth({ host: '127.0.0.1', port: 0, isReady: () => ready })
  const status = async (path: string) => (await fetch(`http://127.0.0.1:${health.port}${path}`)).status
  try {
    expect([await status('/healthz'), await status('/readyz'), await status('/other')]).toEqual([200, 503, 404])
    ready = true
    expect(await status('/readyz')).toBe(200)
  } finally {
    await health.close()
  }
})

test('a taken port is an error', async () => {
  const first = await serveHealth({ host: '127.0.0.1', port: 0, isReady: () => true })
  await expect(serveHealth({ host: '127.0.0.1', port: first.port, isReady: () => true })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
  await first.close()
})
