import { z } from 'zod'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { type Call, type Server, callServer } from './call-server.ts'

/** An answer as it came, and as it was understood. */
export interface Understood<Value> {
  body: unknown
  value: Value
}

/** RFC 9457, as far as it is shown. */
const problemSchema = z.object({
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).default([]),
})

/** One call whose answer has to fit the schema. Throws `Failure` for everything else, with the server's own words. */
export async function ask<Value>(server: Server, call: Call, schema: z.ZodType<Value>): Promise<Understood<Value>> {
  const answer = await callServer(server, call)
  if (answer.kind === 'silent') throw new Failure(EXIT.unknown, `${answer.detail}.`)
  const { status, body } = answer
  const value = schema.safeParse(body)
  if (status < 300 && value.success) return { body, value: value.data }
  const problem = problemSchema.safeParse(body)
  if (status < 400 || !problem.success) {
    throw new Failure(EXIT.unknown, `The server answers with status ${status}, and not with what was asked for.`)
  }
  const { detail, errors } = problem.data
  throw new Failure(codeOf(status), [detail, ...errors.map(({ path, message }) => `  ${path}: ${message}`)].join('\n'))
}

function codeOf(status: number): ExitCode {
  if (status === 400 || status === 422) return EXIT.usage
  return status >= 500 || status === 429 ? EXIT.unknown : EXIT.wrong
}
