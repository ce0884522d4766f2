import type { DnsProvider, RecordSet } from '@mooring/core'

/** A DNS host that keeps zones in memory and tells nothing to anybody. */
export function memoryDnsHost(zones: readonly string[]): DnsProvider & { sets: RecordSet[] } {
  const host = {
    name: 'powerdns' as const,
    sets: [] as RecordSet[],
    async findZone(name: string) {
      const holding = zones.filter((zone) => name === zone || name.endsWith(`.${zone}`))
      return holding.toSorted((a, b) => b.length - a.length)[0] ?? null
    },
    list: async (_zone: string, name: string) => host.sets.filter((set) => set.name === name),
    async upsert(zone: string, set: RecordSet) {
      await host.remove(zone, set)
      host.sets.push(set)
    },
    async remove(_zone: string, { name, type }: Pick<RecordSet, 'name' | 'type'>) {
      host.sets = host.sets.filter((set) => set.name !== name || set.type !== type)
    },
  }
  return host
}
