import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

/** A span as it came over the wire, with the service that sent it. */
export interface ReceivedSpan {
  service: string
  name: string
  traceId: string
  spanId: string
  parentSpanId: string | null
  facts: Record<string, string | number | boolean>
}

export interface Collector {
  /** What `MOORING_OTLP_URL` is to be. */
  url: string
  spans(): ReceivedSpan[]
  /** Of every request that came. */
  headers(): IncomingHttpHeaders[]
  stop(): Promise<void>
}

const attributes = z
  .array(
    z.object({
      key: z.string(),
      value: z.object({
        stringValue: z.string().optional(),
        intValue: z.union([z.number(), z.string().transform(Number)]).optional(),
        doubleValue: z.number().optional(),
        boolValue: z.boolean().optional(),
      }),
    }),
  )
  .default([])
  .transform((list) =>
    Object.fromEntries(
      list.map(({ key, value }) => [
        key,
        value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue ?? '',
      ]),
    ),
  )

/** OTLP 1.x, ExportTraceServiceRequest in JSON: ids are hexadecimal, times are nanoseconds as text. */
const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string().regex(/^[0-9a-f]{32}$/),
              spanId: z.string().regex(/^[0-9a-f]{16}$/),
              parentSpanId: z.string().optional(),
              name: z.string(),
              startTimeUnixNano: z.string().regex(/^\d{19}$/),
              endTimeUnixNano: z.string().regex(/^\d{19}$/),
              attributes,
            }),
          ),
        }),
      ),
    }),
  ),
})

/** A collector that keeps what it is sent; what is not OTLP it refuses. With `hangs` it takes requests and never answers. */
export async function startCollector({ hangs = false } = {}): Promise<Collector> {
  const received: ReceivedSpan[] = []
  const headers: IncomingHttpHeaders[] = []
  const server = createServer(async (asked, answer) => {
    headers.push(asked.headers)
    const body = (await asked.toArray()).join('')
    if (hangs) return
    const read = request.safeParse(JSON.parse(body))
    if (asked.method !== 'POST' || asked.url !== '/v1/traces' || !read.success) {
      answer.writeHead(400).end(read.success ? 'not here' : z.prettifyError(read.error))
      return
    }
    for (const { resource, scopeSpans } of read.data.resourceSpans) {
      for (const { name, traceId, spanId, parentSpanId, attributes: facts } of scopeSpans.flatMap(
        ({ spans }) => spans,
      )) {
        const service = String(resource.attributes['service.name'])
        received.push({ service, name, traceId, spanId, parentSpanId: parentSpanId || null, facts })
      }
    }
    answer.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => received,
    headers: () => headers,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
