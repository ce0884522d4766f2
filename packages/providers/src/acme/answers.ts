import { CaProblem } from '@mooring/core'
import type { z } from 'zod'
import { parseJson } from './problem.ts'
import type { Answer } from './transport.ts'

/** The JSON object of an answer; anything else is `unexpectedAnswer`. */
export function jsonOf<Schema extends z.ZodType>(answer: Answer, schema: Schema): z.infer<Schema> {
  expectType(answer, 'application/json')
  const value = schema.safeParse(parseJson(answer.body))
  if (value.success) return value.data
  const complaints = value.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new CaProblem('unexpectedAnswer', `The answer is not what RFC 8555 describes (${complaints.join('; ')}).`, {
    status: answer.status,
  })
}

/** The PEM chain of an answer (RFC 8555 §9.1). */
export function chainOf(answer: Answer): string {
  expectType(answer, 'application/pem-certificate-chain')
  return answer.body.toString('utf8')
}

/** The absolute URL of what was made (RFC 9110 §10.2.2). */
export function locationOf(answer: Answer): string {
  const location = answer.header('location')
  if (location !== null && URL.canParse(location)) return location
  throw new CaProblem('unexpectedAnswer', 'The answer does not say where what it made is.', { status: answer.status })
}

/** Link headers (RFC 8288 §3) of that relation, as absolute URLs; what is none is left out. */
export function linksOf(answer: Answer, { rel, base }: { rel: string; base: string }): string[] {
  const links = answer.headers('link').flatMap((header) => [...header.matchAll(/<([^<>]{1,2048})>([^<]{0,500})/g)])
  return links
    .filter(([, , parameters = '']) => RELATIONS.exec(parameters)?.[1]?.split(/\s+/).includes(rel))
    .flatMap(([, target = '']) => URL.parse(target, base)?.href ?? [])
}

const RELATIONS = /;\s*rel="?([\w -]+)"?/i

function expectType(answer: Answer, expected: string): void {
  const given = (answer.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  if (given === expected) return
  throw new CaProblem('unexpectedAnswer', `The answer is "${given?.slice(0, 100)}" instead of ${expected}.`, {
    status: answer.status,
  })
}
