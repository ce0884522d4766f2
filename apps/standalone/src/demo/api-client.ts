import { z } from 'zod'

/** The API as the demo calls it: over HTTP with the admin key, like any platform. */
export interface ApiClient {
  /** Null for 404. Throws with the problem's own words for any other refusal. */
  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema> | null>
  send<Schema extends z.ZodType>(
    method: 'POST' | 'PATCH',
    path: string,
    body: unknown,
    schema: Schema,
  ): Promise<z.output<Schema>>
}

/** The part of a domain that the demo reads. */
export const domainSchema = z.object({
  id: z.string(),
  state: z.string(),
  reason: z.object({ code: z.string(), message: z.string() }).nullable(),
  target: z.object({ type: z.string(), url: z.string().optional() }),
  dns: z.object({ records: z.array(z.object({ type: z.string(), name: z.string(), value: z.string() })) }),
  created_at: z.coerce.date(),
})
export type DemoDomain = z.output<typeof domainSchema>

export const attemptsSchema = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      step: z.string(),
      started_at: z.coerce.date(),
      finished_at: z.coerce.date().nullable(),
      outcome: z.string(),
      detail: z.string().nullable(),
    }),
  ),
})
export type Attempt = z.output<typeof attemptsSchema>['data'][number]

const problemSchema = z.object({
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).default([]),
})

export function createApiClient({ url, key }: { url: string; key: string }): ApiClient {
  async function call(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (response.ok || (method === 'GET' && response.status === 404)) return response
    const { detail, errors } = problemSchema.parse(await response.json())
    throw new Error(
      `${method} ${path}: ${response.status}. ${[detail, ...errors.map((e) => `${e.path}: ${e.message}`)].join(' ')}`,
    )
  }

  return {
    async get(path, schema) {
      const response = await call('GET', path)
      if (response.ok) return schema.parse(await response.json())
      await response.body?.cancel()
      return null
    },
    async send(method, path, body, schema) {
      const response = await call(method, path, body)
      return schema.parse(await response.json())
    },
  }
}
