import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** A loopback port that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The settings whose ports are taken; asked before anything is started, so that a second copy says so at once. */
export async function takenPorts(host: string, ports: Record<string, number>): Promise<string[]> {
  const asked = await Promise.all(
    Object.entries(ports).map(async ([setting, port]) => {
      const server = createServer().listen(port, host)
      try {
        await once(server, 'listening')
        server.close()
        await once(server, 'close')
        return null
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EACCES')
          return `${setting}: port ${port} may not be opened by this user`
        return `${setting}: port ${port} is taken by another program`
      }
    }),
  )
  return asked.filter((problem) => problem !== null)
}
