import type { Option } from 'commander'
import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { type Page, line, piece } from '../render/page.ts'
import { ask } from '../server/ask.ts'
import type { Call } from '../server/call-server.ts'
import { serverFromEnvironment } from '../server/server-from-environment.ts'
import { type ChangeOptions, type MakeCommand, command, whyOption } from './command.ts'
import { output } from './output.ts'

interface Change<Options extends ChangeOptions, Answer> {
  name: string
  description: string
  args?: [usage: string, means: string][]
  options?: Option[]
  after?: string
  call(args: string[], options: Options): Call | Promise<Call>
  /** What is understood of the answer. */
  answer: z.ZodType<Answer>
  page(answer: Answer, args: string[]): Page
}

/** A command that changes one thing, and shows what it has become. */
export function callCommand<Answer, Options extends ChangeOptions = ChangeOptions>(
  change: Change<Options, Answer>,
): MakeCommand {
  const { args = [], options = [], call, answer, page, ...named } = change
  return command<Options>({
    ...named,
    args,
    options: [...options, whyOption()],
    async run(given, read) {
      const server = serverFromEnvironment()
      const made = await call(given, read)
      const { body, value } = await ask(server, { ...made, reason: read.why }, answer)
      output(body, page(value, given), read)
      return EXIT.ok
    },
  })
}

/** Of a call that answers with nothing but that it was done. */
export const nothing = z.null()

export const said = (text: string): Page => [line([piece(text)])]

/** An address of one thing: what was typed goes into it as one part. */
export const at = (path: string, part: string | undefined): string => `${path}/${encodeURIComponent(part ?? '')}`
