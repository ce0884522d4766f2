import { CaProblem } from '@mooring/core'
import { z } from 'zod'
import type { Answer } from '../acme/exchange.ts'
import { aboutInvalid, authorizationSchema } from '../acme/order.ts'
import { parseJson, plain, problemOf, problemSchema, toCaProblem } from '../acme/problem.ts'

const MAX_WORDS = 400
/** Every record of certbot's log begins like this; records have many lines. */
const RECORD = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+:[A-Z]+:[\w.]+:/m
/** How the module acme.client logs what the CA answered. */
const RESPONSE = /^Received response:\nHTTP (\d{3})\n/
/** What certbot tells people besides the reason. */
const CHATTER =
  /^(Saving debug log|Ask for help|See the logfile|Some challenges have failed|Hint: |An unexpected error)/

const invalidOrderSchema = z.object({ status: z.literal('invalid'), error: problemSchema })

/**
 * Why certbot failed. What it prints has lost the problem's type and Retry-After, but its log of the run repeats the CA's
 * answers word for word: the last refusal, or the reason that a challenge or the order became invalid for.
 */
export function certbotProblem({ log, output }: { log: string; output: string }, now: Date): CaProblem {
  if (/pars(e|ing) CSR/i.test(output)) return new CaProblem('badCSR', wordsOf(output))
  const answers = answersIn(log)
  const last = answers.at(-1)
  if (last === undefined) return new CaProblem('unreachable', `certbot got no answer: ${wordsOf(output)}`)
  if (last.status >= 400) return aboutRefusal(last, now)
  for (const answer of answers.toReversed()) {
    const problem = aboutLost(parseJson(answer.body))
    if (problem !== null) return problem
  }
  return new CaProblem('unexpectedAnswer', `certbot gave up: ${wordsOf(output)}`)
}

/** Of a challenge, `unauthorized` is about the customer's name; elsewhere only the account can be meant. */
function aboutRefusal(answer: Answer, now: Date): CaProblem {
  const problem = problemOf(answer, now)
  if (problem.type !== 'unauthorized') return problem
  return new CaProblem('unauthorizedAccount', problem.message, { status: problem.status })
}

function aboutLost(document: unknown): CaProblem | null {
  const authorization = authorizationSchema.safeParse(document)
  if (authorization.success) return aboutInvalid(authorization.data)
  const order = invalidOrderSchema.safeParse(document)
  if (!order.success) return null
  const problem = toCaProblem(order.data.error)
  return new CaProblem('orderInvalid', problem.message, { subproblems: problem.subproblems })
}

function answersIn(log: string): Answer[] {
  return log.split(RECORD).flatMap((record) => {
    const [head, status] = RESPONSE.exec(record) ?? []
    if (head === undefined) return []
    const rest = record.slice(head.length)
    const end = rest.indexOf('\n\n')
    return end < 0 ? [] : [toAnswer(Number(status), rest.slice(0, end), rest.slice(end + 2))]
  })
}

function toAnswer(status: number, head: string, body: string): Answer {
  const fields = head.split('\n').map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  const headers = (name: string) => fields.filter(([field]) => field === name).map(([, value]) => value)
  return { status, headers, header: (name) => headers(name)[0] ?? null, body: Buffer.from(body.trim()) }
}

function wordsOf(output: string): string {
  const lines = output.split('\n').map((line) => line.trim())
  const said = lines.filter((line) => line !== '' && !/^[- ]+$/.test(line) && !CHATTER.test(line))
  return plain(said.join(' ')).slice(-MAX_WORDS) || 'it does not say why.'
}
