import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Ports of the loopback address that are free for TCP and UDP right now; all different. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => holdPort()))
  await Promise.all(held.map(({ release }) => release()))
  return held.map(({ port }) => port)
}

/**
 * One port that is free at all these loopback addresses, for DNS servers that delegate to each other: a delegation names
 * an address and no port. On macOS only 127.0.0.1 is there unless others are added (`ifconfig lo0 alias`).
 */
export async function freePortAtEach(addresses: string[]): Promise<number> {
  for (;;) {
    const first = await holdPort()
    const others = addresses.filter((address) => address !== '127.0.0.1')
    const tried = await Promise.all(others.map((address) => holdIfFree(address, first.port)))
    const held = tried.filter((hold) => hold !== null)
    await Promise.all([first, ...held].map(({ release }) => release()))
    if (held.length === others.length) return first.port
  }
}

interface Hold {
  port: number
  release(): Promise<void>
}

/**
 * Not one that the system would give (0): those are also what connections to elsewhere leave from, and one of them may
 * take it before it is listened on. Linux begins with them at 32768, others at 49152.
 */
async function holdPort(): Promise<Hold> {
  return (await holdIfFree('127.0.0.1', randomInt(10_000, 32_768))) ?? holdPort()
}

/** Null when somebody has the port. */
async function holdIfFree(address: string, port: number): Promise<Hold | null> {
  const tcp = createServer()
  const udp = createSocket('udp4')
  const release = async () => {
    await Promise.all([
      new Promise((resolve) => tcp.close(resolve)),
      new Promise<void>((resolve) => udp.close(resolve)),
    ])
  }
  try {
    tcp.listen(port, address)
    await once(tcp, 'listening')
    udp.bind(port, address)
    await once(udp, 'listening')
    return { port, release }
  } catch (error) {
    await release()
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return null
    throw error
  }
}
