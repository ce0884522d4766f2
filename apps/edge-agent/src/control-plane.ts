import {
  AppError,
  type EdgeReport,
  type RejectedRoute,
  type RouteUpdate,
  type TrafficReport,
  encodeReport,
  encodeTraffic,
  parseRouteUpdate,
} from '@mooring/core'
import { z } from 'zod'

/** The control plane as an edge sees it. Every call throws `AppError` for whatever it refuses or fails to do. */
export interface ControlPlane {
  /** Routes changed since `generation`; waits up to `waitSeconds` for one. Null: nothing changed. */
  pull(
    generation: number,
    waitSeconds: number,
    signal: AbortSignal,
  ): Promise<{ update: RouteUpdate; malformed: RejectedRoute[] } | null>
  report(report: EdgeReport, signal: AbortSignal): Promise<void>
  /** Safe to repeat. */
  reportTraffic(report: TrafficReport, signal: AbortSignal): Promise<void>
}

const ANSWER_MS = 10_000
// 500 routes with their chains and keys are about 3 MB.
const MOST_BYTES = 64_000_000

export function createControlPlane({
  url,
  token,
  onAnswer,
}: {
  url: URL
  token: string
  /** Called whenever it answers as it should. */
  onAnswer: () => void
}): ControlPlane {
  const ask = async (path: string, init: RequestInit, timeoutMs: number, signal: AbortSignal) => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const response = await call(new URL(path, url), token, { ...init, signal: within })
    onAnswer()
    return response
  }

  return {
    async pull(generation, waitSeconds, signal) {
      const path = `/v1/edges/self/routes?since=${generation}&wait=${waitSeconds}`
      const response = await ask(path, {}, waitSeconds * 1000 + ANSWER_MS, signal)
      if (response.status === 204) return null
      const answer = parseRouteUpdate(await readJson(response))
      if (!answer.ok) throw new AppError('DEPENDENCY_UNAVAILABLE', answer.message)
      const { update, malformed } = answer.value
      const isNews = update.generation !== generation || update.routes.length > 0 || malformed.length > 0
      return isNews ? answer.value : null
    },
    async report(report, signal) {
      const body = JSON.stringify(encodeReport(report))
      const response = await ask('/v1/edges/self/report', { method: 'POST', body }, ANSWER_MS, signal)
      await response.body?.cancel()
    },
    async reportTraffic(report, signal) {
      const body = JSON.stringify(encodeTraffic(report))
      const response = await ask('/v1/edges/self/traffic', { method: 'POST', body }, ANSWER_MS, signal)
      await response.body?.cancel()
    },
  }
}

const enrolled = z.object({ id: z.string(), name: z.string(), token: z.string().min(1).max(512) })

/** Registers the edge with the admin key, and returns the token that is its identity from now on. */
export async function enrol(
  url: URL,
  { apiKey, name, pool }: { apiKey: string; name: string; pool: string },
  signal: AbortSignal,
): Promise<string> {
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
  const body = JSON.stringify({ name, pool })
  const response = await call(new URL('/v1/edges', url), apiKey, { method: 'POST', body, signal: timeout })
  const answer = enrolled.safeParse(await readJson(response))
  if (!answer.success)
    throw new AppError('DEPENDENCY_UNAVAILABLE', 'The control plane’s answer to enrolling is not one.')
  return answer.data.token
}

async function call(url: URL, token: string, init: RequestInit): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, ...(init.body === undefined ? {} : JSON_BODY) }
  let response: Response
  try {
    // A redirect would carry the token to somebody else.
    response = await fetch(url, { ...init, headers, redirect: 'error' })
  } catch (cause) {
    throw new AppError('DEPENDENCY_UNAVAILABLE', `The control plane at ${url.origin} does not answer.`, { cause })
  }
  if (response.ok) return response
  await response.body?.cancel()
  const code = response.status === 401 || response.status === 403 ? 'UNAUTHORIZED' : 'DEPENDENCY_UNAVAILABLE'
  const hint = code === 'UNAUTHORIZED' ? ' The token is not valid, or the edge was removed.' : ''
  throw new AppError(
    code,
    `The control plane answers ${init.method ?? 'GET'} ${url.pathname} with ${response.status}.${hint}`,
  )
}

const JSON_BODY = { 'content-type': 'application/json' }

async function readJson(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength
      if (bytes > MOST_BYTES) throw new AppError('DEPENDENCY_UNAVAILABLE', 'The control plane’s answer is too large.')
      chunks.push(chunk)
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('DEPENDENCY_UNAVAILABLE', 'The control plane’s answer broke off or is not JSON.', { cause })
  }
}
