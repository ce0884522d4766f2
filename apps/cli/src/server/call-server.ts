/** A server of Mooring, and the key that it knows the caller by. */
export interface Server {
  url: string
  key: string
}

export interface Call {
  method: 'GET' | 'POST' | 'DELETE'
  /** With its query, percent-encoded. */
  path: string
  body?: unknown
}

/** What came of a call. `silent` is anything that is no answer of such a server; `detail` says which in plain words. */
export type CallAnswer = { kind: 'answer'; status: number; body: unknown } | { kind: 'silent'; detail: string }

const ANSWER_MS = 10_000
const MAX_BODY_BYTES = 4_000_000

/** One request over HTTP, bounded in time and size. Never throws for what a server may do. */
export async function callServer({ url, key }: Server, { method, path, body }: Call): Promise<CallAnswer> {
  const address = new URL(path, url)
  const headers = { authorization: `Bearer ${key}`, ...(method === 'POST' ? once(body) : {}) }
  try {
    const response = await fetch(address, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirect would carry the key to somebody else.
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    return { kind: 'answer', status: response.status, body: JSON.parse(await readText(response)) }
  } catch (cause) {
    return { kind: 'silent', detail: silence(address.host, cause) }
  }
}

const once = (body: unknown) => ({
  'idempotency-key': crypto.randomUUID(),
  ...(body === undefined ? {} : { 'content-type': 'application/json' }),
})

function silence(host: string, cause: unknown): string {
  if (cause instanceof SyntaxError) return `${host} answers, but not as a server of Mooring does`
  if (cause instanceof DOMException && cause.name === 'TimeoutError') {
    return `${host} does not answer within ${ANSWER_MS / 1000} s`
  }
  return `${host} cannot be reached`
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_BODY_BYTES) throw new SyntaxError('The answer is too long to be one.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
