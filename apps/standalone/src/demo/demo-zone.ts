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
  const apexOf = (name: string) => zones.find((zone) => isWithin(name, zone))
  let serial = 1

  const server = createUDPServer((request, send) => {
    const response = Packet.createResponseFromRequest(request)
    const [question] = request.questions
    const name = question?.name.toLowerCase() ?? ''
    response.header.aa = 1
    const apex = apexOf(name)
    if (question === undefined || apex === undefined) response.header.rcode = Packet.RCODE.REFUSED
    else answer(response, { name, apex, type: Packet.typeName(question.type) })
    void send(response)
  })

  function answer(response: Packet, { name, apex, type }: { name: string; apex: string; type: string }): void {
    const here = records.filter((record) => record.name === name)
    if (here.length === 0 && name !== apex) response.header.rcode = Packet.RCODE.NXDOMAIN
    // A CNAME answers for every type (RFC 1034 §3.6.2), and a name server adds what it points at if it knows.
    const alias = here.find((record) => record.type === 'CNAME')
    const found = here.filter((record) => record.type === type || record === alias)
    if (alias !== undefined && type !== 'CNAME') {
      found.push(...records.filter((record) => record.name === alias.value && record.type === type))
    }
    for (const record of found) response.answers.push(asResource(record))
    if (name === apex && type === 'SOA') response.answers.push(soaOf(apex, serial))
    else if (name === apex && type === 'NS') response.answers.push(nsOf(apex))
    // For how long a denial may be remembered (RFC 2308 §3).
    else if (found.length === 0) response.authorities.push(soaOf(apex, serial))
  }

  await server.listen(0, '127.0.0.1')
  const address = `127.0.0.1:${server.address().port}`
  return {
    server: address,
    add(more) {
      const isThere = (one: ZoneRecord) =>
        records.some(({ type, name, value }) => type === one.type && name === one.name && value === one.value)
      records.push(...more.filter((record) => !isThere(record)))
      serial += 1
    },
    async stop() {
      server.close()
      await once(server, 'close')
    },
  }
}

const common = (name: string) => ({ name, class: Packet.CLASS.IN, ttl: TTL_SECONDS })

const nsOf = (apex: string): Resource =>
  new Packet.Resource({ ...common(apex), type: Packet.TYPE.NS, ns: `ns.${apex}` })

function soaOf(apex: string, serial: number): Resource {
  const times = { refresh: 3600, retry: 600, expiration: 86_400, minimum: TTL_SECONDS }
  const names = { primary: `ns.${apex}`, admin: `hostmaster.${apex}` }
  return new Packet.Resource({ ...common(apex), type: Packet.TYPE.SOA, ...names, serial, ...times })
}

function asResource({ type, name, value }: ZoneRecord): Resource {
  if (type === 'TXT') return new Packet.Resource({ ...common(name), type: Packet.TYPE.TXT, data: value })
  if (type === 'CNAME') return new Packet.Resource({ ...common(name), type: Packet.TYPE.CNAME, domain: value })
  const family = type === 'AAAA' ? Packet.TYPE.AAAA : Packet.TYPE.A
  return new Packet.Resource({ ...common(name), type: family, address: value })
}
