import { MINUTE, type TrafficCount, type TrafficRow, addRequest, noTraffic } from '@mooring/core'
import { hostnameOfServer } from './nginx-quoting.ts'

// As `log_format mooring_traffic` has it. `$server_name` is one of the configuration's names, never the visitor's word.
const LINE = /^(\d{9,11}\.\d{3}) (\d{3}) (\d{1,15}) (\d{1,9}\.\d{3}) (\S*)$/

/** Counts by name and minute, in the order of names and minutes. What is not a line of ours is left out. */
export function countLines(text: string): { rows: TrafficRow[]; unrouted: number } {
  const counts = new Map<string, Map<number, TrafficCount>>()
  let unrouted = 0
  for (const line of text.split('\n')) {
    const [, at, status, bytes, seconds, server] = LINE.exec(line) ?? []
    if (at === undefined || server === undefined) continue
    const hostname = hostnameOfServer(server)
    if (hostname === null) {
      unrouted += 1
      continue
    }
    const minutes = counts.get(hostname) ?? new Map<number, TrafficCount>()
    counts.set(hostname, minutes)
    const minute = Math.floor((Number(at) * 1000) / MINUTE) * MINUTE
    const count = minutes.get(minute) ?? noTraffic()
    minutes.set(minute, count)
    addRequest(count, { status: Number(status), bytes: Number(bytes), ms: Number(seconds) * 1000 })
  }
  const rows = [...counts].flatMap(([hostname, minutes]) =>
    [...minutes].map(([minute, count]) => ({ hostname, minute: new Date(minute), ...count })),
  )
  return { rows: rows.toSorted(byNameAndMinute), unrouted }
}

const byNameAndMinute = (a: TrafficRow, b: TrafficRow): number =>
  a.hostname === b.hostname ? a.minute.getTime() - b.minute.getTime() : a.hostname < b.hostname ? -1 : 1
