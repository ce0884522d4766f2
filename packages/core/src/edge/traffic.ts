/**
 * What visitors ask of the names an edge serves, counted by minute and name.
 *
 * An edge's log is cut into pieces. A piece is counted whole, is reported under its own name until the control plane has
 * it, and is taken in once however often it is reported: so a process that is killed anywhere counts nothing twice, and
 * loses nothing that is on its disk.
 */
import { z } from 'zod'
import { CLASSES, LATENCY_BOUNDS_MS, type TrafficCount } from './traffic-count.ts'

/** How many rows one report may have: below the API's limit for a body. */
export const MOST_TRAFFIC_ROWS = 2_000

/** Counts of one name in one minute. */
export interface TrafficRow extends TrafficCount {
  hostname: string
  /** When the minute began. */
  minute: Date
}

export interface TrafficReport {
  /** Names the piece of log; unique per edge. */
  batch: string
  rows: TrafficRow[]
}

const count = z.int().min(0)

export const trafficReportSchema = z.strictObject({
  batch: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/),
  rows: z
    .array(
      z.strictObject({
        hostname: z.string().min(1).max(253),
        minute: z.iso.datetime(),
        requests: count,
        bytes: count,
        status: z.array(count).length(CLASSES.length).describe('1xx to 5xx.'),
        latency: z
          .array(count)
          .length(LATENCY_BOUNDS_MS.length + 1)
          .describe(`Requests that took up to ${LATENCY_BOUNDS_MS.join(', ')} ms, and longer.`),
      }),
    )
    .max(MOST_TRAFFIC_ROWS),
})

export const encodeTraffic = ({ batch, rows }: TrafficReport): z.input<typeof trafficReportSchema> => ({
  batch,
  rows: rows.map(({ hostname, minute, requests, bytes, status, latency }) => ({
    hostname,
    minute: minute.toISOString(),
    requests,
    bytes,
    status,
    latency,
  })),
})

export const decodeTraffic = ({ batch, rows }: z.output<typeof trafficReportSchema>): TrafficReport => ({
  batch,
  rows: rows.map((row) => ({ ...row, minute: new Date(row.minute) })),
})
