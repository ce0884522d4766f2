import { once } from 'node:events'
import { isWithin } from '@mooring/core'
import { createUDPServer, Packet, type Resource } from 'dns2'

export interface ZoneRecord {
  type: string
  name: string
  value: string
}

export interface DemoZone {
  /** `ip:port` of the name server. */
  server: string
  /** Puts the records in, as the customer would at their DNS host; one that is there already stays. */
  add(records: readonly ZoneRecord[]): void
  stop(): Promise<void>
}

const TTL_SECONDS = 5

/**
 * The name server of the demo's customer and of the demo's platform: authoritative for `zones`, on a loopback port.
 * UDP only: no answer comes near the 512 octets at which a client would turn to TCP (RFC 1035 §4.2.1).
 */
export async function startDemoZone(zones: readonly string[]): Promise<DemoZone> {
  const records: ZoneRecord[] = []
  const isOurs = (name: string) => zones.some((zone) => isWithin(name, zone))

  const server = createUDPServer((request, send) => {
    const response = Packet.createResponseFromRequest(request)
    const [question] = request.questions
    const name = question?.name.toLowerCase() ?? ''
    response.header.aa = 1
    if (question === undefined || !isOurs(name)) response.header.rcode = Packet.RCODE.REFUSED
    else answer(response, name, Packet.typeName(question.type))
    void send(response)
  })

  function answer(response: Packet, name: string, type: string): void {
    const here = records.filter((record) => record.name === name)
    if (here.length === 0) response.header.rcode = Packet.RCODE.NXDOMAIN
    // A CNAME answers for every type (RFC 1034 §3.6.2), and a name server adds what it points at if it knows.
    const alias = here.find((record) => record.type === 'CNAME')
    const found = here.filter((record) => record.type === type || record === alias)
    if (alias !== undefined && type !== 'CNAME') {
      found.push(...records.filter((record) => record.name === alias.value && record.type === type))
    }
    for (const record of found) response.answers.push(asResource(record))
  }

  await server.listen(0, '127.0.0.1')
  const address = `127.0.0.1:${server.address().port}`
  return {
    server: address,
    add(more) {
      const isThere = (one: ZoneRecord) =>
        records.some(({ type, name, value }) => type === one.type && name === one.name && value === one.value)
      records.push(...more.filter((record) => !isThere(record)))
    },
    async stop() {
      server.close()
      await once(server, 'close')
    },
  }
}

function asResource({ type, name, value }: ZoneRecord): Resource {
  const common = { name, class: Packet.CLASS.IN, ttl: TTL_SECONDS }
  if (type === 'TXT') return new Packet.Resource({ ...common, type: Packet.TYPE.TXT, data: value })
  if (type === 'CNAME') return new Packet.Resource({ ...common, type: Packet.TYPE.CNAME, domain: value })
  const family = type === 'AAAA' ? Packet.TYPE.AAAA : Packet.TYPE.A
  return new Packet.Resource({ ...common, type: family, address: value })
}
