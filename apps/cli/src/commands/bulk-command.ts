import type { Option } from 'commander'
import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { numeral } from '../render/numeral.ts'
import { type Page, line, piece } from '../render/page.ts'
import { ask } from '../server/ask.ts'
import { serverFromEnvironment } from '../server/server-from-environment.ts'
import { type ChangeOptions, type MakeCommand, command, whyOption } from './command.ts'
import { confirm } from './confirm.ts'
import { option } from './option.ts'
import { output } from './output.ts'
import { fieldsOf } from './query.ts'

const verdictSchema = z.object({
  matched: z.number(),
  applied: z.number(),
  skipped: z.array(z.object({ code: z.string(), count: z.number() })),
})

type BulkOptions = ChangeOptions & { yes: boolean; dryRun: boolean } & Record<string, unknown>

interface BulkAction {
  name: string
  description: string
  path: string
  action: string
  /** What the filter picks, in the plural. */
  things: string
  filters: Option[]
}

/** Does one thing to all that a filter picks: says how many these are, and asks first. */
export function bulkCommand({ name, description, path, action, things, filters }: BulkAction): MakeCommand {
  return command<BulkOptions>({
    name,
    description,
    options: [
      ...filters,
      option('--dry-run', 'only say how many', false),
      option('--yes', 'do not ask', false),
      whyOption(),
    ],
    async run(_args, { json, color, why, yes, dryRun, ...given }) {
      const server = serverFromEnvironment()
      const call = (isDry: boolean) => {
        const body = { action, filter: fieldsOf(given), dry_run: isDry }
        return ask(server, { method: 'POST', path, body, reason: why }, verdictSchema)
      }
      const shown = { color, ...(json === true ? { json } : {}) }
      const planned = await call(true)
      if (dryRun) {
        output(planned.body, [line([piece(`${numeral(planned.value.matched)} ${things} fit.`)])], shown)
        return EXIT.ok
      }
      await confirm(`${action} ${numeral(planned.value.matched)} ${things}?`, { yes })
      const done = await call(false)
      output(done.body, verdictPage(done.value, things), shown)
      return done.value.skipped.length === 0 ? EXIT.ok : EXIT.wrong
    },
  })
}

function verdictPage({ matched, applied, skipped }: z.output<typeof verdictSchema>, things: string): Page {
  return [
    line([
      piece(`Done for ${numeral(applied)} of ${numeral(matched)} ${things}.`, skipped.length > 0 ? 'doubtful' : 'good'),
    ]),
    ...skipped.map(({ code, count }) => line([piece(`${numeral(count)} refused: ${code}`)], { indent: 2 })),
  ]
}
