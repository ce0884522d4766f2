import { DnsProviderProblem } from '@mooring/core'

export interface ZoneIds {
  /** Calls with the host's id of the zone; `refused` when the account has no such zone. */
  with<T>(zone: string, signal: AbortSignal, act: (zoneId: string) => Promise<T>): Promise<T>
}

/** Remembers a host's ids of zones. A zone may be made anew: after any refusal its id is asked for again. */
export function createZoneIds(
  host: string,
  find: (zone: string, signal: AbortSignal) => Promise<string | null>,
): ZoneIds {
  const known = new Map<string, string>()
  return {
    async with(zone, signal, act) {
      const zoneId = known.get(zone) ?? (await find(zone, signal))
      if (zoneId === null) {
        throw new DnsProviderProblem('refused', `${host} has no zone ${zone} that these credentials may see.`)
      }
      known.set(zone, zoneId)
      try {
        return await act(zoneId)
      } catch (error) {
        known.delete(zone)
        throw error
      }
    },
  }
}

/** `a.b.example.com` gives itself, `b.example.com` and `example.com`: where its zone may begin, the longest first. */
export function zonesAbove(name: string): string[] {
  const labels = name.split('.').filter((label) => label !== '*')
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'))
}
