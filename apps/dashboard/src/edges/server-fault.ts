import type { Fault } from '../parts/faults-at.ts'

/** What is wrong with the servers: each fault after the server that it is of, as it was sent. */
export function serverFaultOf(faults: Fault[], servers: string[]): string | undefined {
  const found = faults.flatMap(({ path, message }) => {
    const [isOfServers, place] = /^servers(?:\.(\d+))?$/.exec(path) ?? []
    if (isOfServers === undefined) return []
    const server = place === undefined ? undefined : servers[Number(place)]
    return [server === undefined ? message : `${server}: ${message}`]
  })
  return found.length === 0 ? undefined : found.join(' ')
}
