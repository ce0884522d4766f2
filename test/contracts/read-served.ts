import { Resolver } from 'node:dns/promises'
import type { RecordSet } from '@mooring/core'

/** Asks an authoritative server what stands at exactly a name; TXT values with their strings joined. */
export function readFrom(dnsServer: string): (name: string, type: RecordSet['type']) => Promise<string[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  resolver.setServers([dnsServer])
  return async (name, type) => {
    try {
      const answer = await resolver.resolve(name, type)
      return (answer as (string | string[])[]).map((value) => (Array.isArray(value) ? textOf(value) : value))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENODATA' || code === 'ENOTFOUND') return []
      throw error
    }
  }
}

/** `node:dns` hands out octets as characters. */
const textOf = (strings: string[]): string => Buffer.from(strings.join(''), 'latin1').toString()
