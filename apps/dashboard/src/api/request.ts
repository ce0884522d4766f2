import type { Problem } from './problem.ts'

/** What the API refused, or what kept it from answering. */
export class ApiFault extends Error {
  override readonly name = 'ApiFault'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

export interface RequestOptions {
  body?: unknown
  /** Why a change is made: goes on record with it. */
  reason?: string
  /** Only what is not there yet is made: else the answer is 412. */
  isNew?: boolean
  signal?: AbortSignal
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

const LONGEST_MS = 30_000
/** One change may be made to a hundred thousand. */
const LONGEST_CHANGE_MS = 180_000

/** Asks the API as the person who is signed in. Throws `ApiFault` for everything that is not the answer. */
export async function request<Answer>(method: Method, path: string, options: RequestOptions = {}): Promise<Answer> {
  const answer = await send(method, path, options)
  if (answer.ok) return (answer.status === 204 ? null : await answer.json()) as Answer
  throw new ApiFault(await problemOf(answer))
}

export const get = <Answer>(path: string, signal?: AbortSignal): Promise<Answer> => request('GET', path, { signal })

/** The query of an address; what is empty is left out. */
export function withQuery(path: string, fields: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== '') query.set(name, String(value))
  }
  return query.size === 0 ? path : `${path}?${query}`
}

async function send(method: Method, path: string, { body, reason, isNew, signal }: RequestOptions): Promise<Response> {
  const timeout = AbortSignal.timeout(method === 'GET' ? LONGEST_MS : LONGEST_CHANGE_MS)
  try {
    return await fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(reason === undefined || reason === '' ? {} : { 'x-reason': encodeURIComponent(reason) }),
        ...(isNew === true ? { 'if-none-match': '*' } : {}),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    })
  } catch (error) {
    // Given up by whoever asked: nobody wants to read of it.
    if (signal?.aborted === true) throw error
    throw new ApiFault(NO_ANSWER)
  }
}

const NO_ANSWER: Problem = {
  status: 0,
  code: 'NO_ANSWER',
  title: 'The API does not answer',
  detail: 'Nothing came back from the API. Is it running, and is this machine connected?',
}

async function problemOf(answer: Response): Promise<Problem> {
  const body: unknown = await answer.json().catch(() => null)
  if (typeof body === 'object' && body !== null && 'code' in body) return body as Problem
  // A proxy in between, most likely.
  const detail = `The answer was ${answer.status} ${answer.statusText}, and no document of the API.`
  return { status: answer.status, code: `HTTP_${answer.status}`, title: 'Something else answered', detail }
}
