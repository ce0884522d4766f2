import type { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { type Call, type Server, clientOf } from './call-server.ts'
import { failureOf } from './failure-of.ts'

/** An answer as it came, and as it was understood. */
export interface Understood<Value> {
  body: unknown
  value: Value
}

/** One call whose answer has to fit the schema. Throws `Failure` for everything else, with the server's own words. */
export async function ask<Value>(server: Server, call: Call, schema: z.ZodType<Value>): Promise<Understood<Value>> {
  const { status, body } = await clientOf(server)
    .request(call)
    .catch((error: unknown) => {
      throw failureOf(error)
    })
  const value = schema.safeParse(body)
  if (value.success) return { body, value: value.data }
  throw new Failure(EXIT.unknown, `The server answers with status ${status}, and not with what was asked for.`)
}
