import { type Client, NoAnswerError, ProblemError, createClient } from '@mooring/client'

/** A server of Mooring, and the key that it knows the caller by. */
export interface Server {
  url: string
  key: string
}

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query, percent-encoded. */
  path: string
  body?: unknown
  /** Why a person wants it, for the audit. */
  reason?: string | undefined
}

/** What came of a call. `silent` is anything that is no answer of such a server; `detail` says which in plain words. */
export type CallAnswer = { kind: 'answer'; status: number; body: unknown } | { kind: 'silent'; detail: string }

/** Somebody sits before it: the second try is the last. */
const ATTEMPTS = 2

export const clientOf = ({ url, key }: Server): Client =>
  createClient({ baseUrl: url, apiKey: key, retry: { attempts: ATTEMPTS, maxRetryAfterMs: 5_000 } })

/** One call, bounded in time and size. Never throws for what a server may do. */
export async function callServer(server: Server, call: Call): Promise<CallAnswer> {
  try {
    const { status, body } = await clientOf(server).request(call)
    return { kind: 'answer', status, body }
  } catch (error) {
    if (error instanceof ProblemError) return { kind: 'answer', status: error.status, body: error.problem }
    if (error instanceof NoAnswerError) return { kind: 'silent', detail: error.message }
    throw error
  }
}
