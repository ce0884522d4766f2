import { type DnsProvider, DnsProviderProblem } from '@mooring/core'
import { checkedName, checkedNameIn, checkedSet, inShortForm } from './checked-records.ts'

/**
 * A DNS host that is only asked for what DNS can hold, in one spelling: names and addresses are parsed here, once for
 * every host, so that nothing a user typed reaches a host's own syntax. What is not right is `refused`.
 */
export function checkedDnsHost(host: DnsProvider): DnsProvider {
  return {
    name: host.name,
    findZone: async (name, signal) => {
      assertWanted(signal)
      return host.findZone(checkedName(name), signal)
    },
    list: async (zone, name, signal) => {
      assertWanted(signal)
      return (await host.list(checkedName(zone), checkedNameIn(zone, name), signal)).map(inShortForm)
    },
    upsert: async (zone, set, signal) => {
      assertWanted(signal)
      await host.upsert(checkedName(zone), checkedSet(zone, set), signal)
    },
    remove: async (zone, { name, type }, signal) => {
      assertWanted(signal)
      await host.remove(checkedName(zone), { name: checkedNameIn(zone, name), type }, signal)
    },
  }
}

function assertWanted(signal: AbortSignal): void {
  if (signal.aborted) throw new DnsProviderProblem('unavailable', 'The call was given up before it began.')
}
