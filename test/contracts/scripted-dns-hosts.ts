import { once } from 'node:events'
import { type IncomingHttpHeaders, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface HostRequest {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
}

export interface HostAnswer {
  status: number
  headers?: Record<string, string>
  /** An object is sent as JSON. */
  body?: string | object
  /** Accepts the request and never answers it. */
  hangs?: true
}

export interface ScriptedHost {
  url: string
  /** Answers the next request like this, whatever it asks. */
  next(answer: HostAnswer): void
  /** `POST /zones/…`, in order. */
  requests: string[]
  stop(): Promise<void>
}

/**
 * A DNS host's API over plain HTTP on loopback. The real ones cannot be had in a test, so each `scripted-<host>.ts` keeps
 * records as the vendor's documentation says and refuses, in the vendor's words, what the vendor refuses.
 */
export async function startScriptedHost(answerTo: (request: HostRequest) => HostAnswer): Promise<ScriptedHost> {
  const queued: HostAnswer[] = []
  const requests: string[] = []
  const server = createServer(async (incoming, response) => {
    const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://host')
    const { method = '', headers } = incoming
    requests.push(`${method} ${pathname}`)
    const body = await text(incoming)
    const answer = queued.shift() ?? answerTo({ method, path: pathname, query: searchParams, headers, body })
    if (answer.hangs) return
    const isJson = typeof answer.body === 'object'
    response.writeHead(answer.status, {
      'content-type': isJson ? 'application/json' : 'text/xml',
      ...answer.headers,
    })
    response.end(isJson ? JSON.stringify(answer.body) : answer.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: (answer) => void queued.push(answer),
    requests,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export interface StoredRecord {
  type: string
  /** Absolute, without the last dot. */
  name: string
  value: string
}

/** What quoted strings say (RFC 1035 §5.1); `base` is that of the three digits after a backslash. */
export function textBehind(content: string, base: 8 | 10): string {
  const octets: number[] = []
  let isInside = false
  for (let at = 0; at < content.length; at++) {
    const digits = /^\\(\d{3})/.exec(content.slice(at, at + 4))?.[1]
    if (content[at] === '"') {
      isInside = !isInside
    } else if (digits !== undefined) {
      octets.push(Number.parseInt(digits, base))
      at += 3
    } else if (isInside) {
      if (content[at] === '\\') at += 1
      octets.push(content.charCodeAt(at))
    }
  }
  return Buffer.from(octets).toString()
}

/** Why no zone could hold the record beside the others; null when it could. */
export function clashOf(record: StoredRecord, others: StoredRecord[]): 'identical' | 'cname' | null {
  const beside = others.filter(({ name }) => name === record.name)
  if (beside.some(({ type, value }) => type === record.type && value === record.value)) return 'identical'
  const excludes = (one: StoredRecord, other: StoredRecord) => one.type === 'CNAME' || other.type === 'CNAME'
  return beside.some((other) => excludes(record, other)) ? 'cname' : null
}
