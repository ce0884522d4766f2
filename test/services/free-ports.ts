import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Ports of the loopback address that are free for TCP and UDP right now; all different. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, holdPort))
  await Promise.all(held.map(({ release }) => release()))
  return held.map(({ port }) => port)
}

async function holdPort(): Promise<{ port: number; release(): Promise<void> }> {
  const tcp = createServer().listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const { port } = tcp.address() as { port: number }
  const udp = createSocket('udp4')
  const releaseTcp = async () => void (await new Promise((resolve) => tcp.close(resolve)))
  try {
    udp.bind(port, '127.0.0.1')
    await once(udp, 'listening')
  } catch (error) {
    await releaseTcp()
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return holdPort()
    throw error
  }
  const release = async () => {
    await Promise.all([releaseTcp(), new Promise<void>((resolve) => udp.close(resolve))])
  }
  return { port, release }
}
