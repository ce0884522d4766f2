import { quoteStrings } from './character-strings.ts'

type PowerDnsRecordType = 'A' | 'AAAA' | 'CNAME' | 'TXT' | 'NS' | 'CAA' | 'DS' | 'MX'

export interface PowerDnsZones {
  /** Name servers as names without the last dot; their addresses are not added. The root is `.`. */
  createZone(name: string, options?: { nameServers?: string[] }): Promise<void>
  deleteZone(name: string): Promise<void>
  /**
   * Replaces the set. Names are without the last dot; a TXT value is its whole text, cut as needed, or a list of its
   * character-strings; other types are as in a zone file.
   */
  setRecords(name: string, type: PowerDnsRecordType, values: (string | string[])[], ttlSeconds?: number): Promise<void>
  deleteRecords(name: string, type: PowerDnsRecordType): Promise<void>
  /** Signs the zone and returns its DS record, for the parent or as a trust anchor: `12345 13 2 ab12…`. */
  secureZone(name: string): Promise<string[]>
  /** Signs with another key than the one that `secureZone` named: bogus for whoever trusts that one. */
  breakSignatures(name: string): Promise<void>
  /** The SOA serial; every change adds one. */
  serialOf(name: string): Promise<number>
  /** Questions answered since the start, over UDP and TCP. */
  queries(): Promise<number>
}

export type PowerDnsCall = (method: string, path: string, body?: unknown) => Promise<unknown>

const TRIES = 20

/**
 * https://doc.powerdns.com/authoritative/http-api/. Of two changes at the same moment, SQLite lets one fail: it is
 * repeated.
 */
export function callPowerDns(apiUrl: string, apiKey: string): PowerDnsCall {
  const exchange = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${apiUrl}/api/v1/servers/localhost${path}`, {
      method,
      headers: { 'x-api-key': apiKey, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, text: await response.text() }
  }
  return async (method, path, body) => {
    for (let tried = 1; ; tried += 1) {
      const { status, text } = await exchange(method, path, body)
      if (status < 300) return text === '' ? null : JSON.parse(text)
      if (status === 500 && tried < TRIES) continue
      throw new Error(`PowerDNS answered ${status} to ${method} ${path}: ${text}`)
    }
  }
}

export function zonesOfPowerDns(call: PowerDnsCall): PowerDnsZones {
  const apexes = new Set<string>()
  const patch = (name: string, type: PowerDnsRecordType, set: object) =>
    call('PATCH', pathOf(longestApex(apexes, name)), { rrsets: [{ name: absolute(name), type, ...set }] })
  const sign = async (name: string) => {
    const key = { keytype: 'csk', active: true, algorithm: 'ecdsa256' }
    const made = (await call('POST', `${pathOf(name)}/cryptokeys`, key)) as { id: number; ds: string[] }
    await call('PUT', `${pathOf(name)}/rectify`)
    return made
  }
  return {
    async createZone(name, { nameServers = [`ns1.${name}`] } = {}) {
      await call('POST', '/zones', {
        name: absolute(name),
        kind: 'Native',
        nameservers: nameServers.map(absolute),
        soa_edit_api: 'INCREASE',
      })
      apexes.add(name)
    },
    async deleteZone(name) {
      await call('DELETE', pathOf(name))
      apexes.delete(name)
    },
    async setRecords(name, type, values, ttlSeconds = 60) {
      const records = values.map((value) => ({ content: contentOf(type, value), disabled: false }))
      await patch(name, type, { changetype: 'REPLACE', ttl: ttlSeconds, records })
    },
    async deleteRecords(name, type) {
      await patch(name, type, { changetype: 'DELETE' })
    },
    async secureZone(name) {
      const { ds } = await sign(name)
      // Digest type 2, SHA-256: the one that every validator must know (RFC 8624 §3.3).
      return ds.filter((record) => record.split(' ')[2] === '2')
    },
    async breakSignatures(name) {
      const keys = (await call('GET', `${pathOf(name)}/cryptokeys`)) as { id: number }[]
      for (const { id } of keys) await call('DELETE', `${pathOf(name)}/cryptokeys/${id}`)
      await sign(name)
    },
    async serialOf(name) {
      return ((await call('GET', pathOf(name))) as { serial: number }).serial
    },
    async queries() {
      const statistics = (await call('GET', '/statistics')) as { name: string; value: string }[]
      const count = (name: string) => Number(statistics.find((entry) => entry.name === name)?.value)
      return count('udp-queries') + count('tcp-queries')
    },
  }
}

/** A path that ends in a dot would lose it. */
const pathOf = (zone: string): string => `/zones/${zone === '.' ? '=2E' : encodeURIComponent(absolute(zone))}`

function longestApex(apexes: Set<string>, name: string): string {
  const holding = [...apexes].filter((apex) => apex === '.' || name === apex || name.endsWith(`.${apex}`))
  const [zone] = holding.toSorted((one, other) => other.length - one.length)
  if (zone === undefined) throw new Error(`No zone of this server holds ${name}.`)
  return zone
}

const absolute = (name: string): string => (name.endsWith('.') ? name : `${name}.`)

function contentOf(type: PowerDnsRecordType, value: string | string[]): string {
  if (type === 'TXT') return quoteStrings(value)
  if (Array.isArray(value)) throw new Error(`${type} records have no character-strings.`)
  return type === 'CNAME' || type === 'NS' || type === 'MX' ? absolute(value) : value
}
