import type { Option } from 'commander'
import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { blank, line, piece } from '../render/page.ts'
import { type Column, table } from '../render/table.ts'
import { ask } from '../server/ask.ts'
import { serverFromEnvironment } from '../server/server-from-environment.ts'
import { type MakeCommand, command } from './command.ts'
import { type OutputOptions, output } from './output.ts'
import { option } from './option.ts'
import { queryOf } from './query.ts'

interface Listing<Row> {
  name?: string
  description: string
  args?: [usage: string, means: string][]
  path(args: string[]): string
  /** Each goes into the query under its own name. */
  filters?: Option[]
  row: z.ZodType<Row>
  columns(now: Date): Column<Row>[]
  /** What is said when there is nothing. */
  none: string
  /** It comes whole, and not a page at a time. */
  isWhole?: true
}

/** A command that shows one page of a list. */
export function listCommand<Row>(listing: Listing<Row>): MakeCommand {
  const { name = 'list', description, args = [], path, filters = [], row, columns, none, isWhole } = listing
  const schema = z.object({ data: z.array(row), next_cursor: z.string().nullish() })
  const paging = isWhole
    ? []
    : [option('--limit <count>', 'how many at most', '50'), option('--cursor <cursor>', 'where the page before ended')]
  return command<OutputOptions & Record<string, unknown>>({
    name,
    description,
    args,
    options: [...filters, ...paging],
    async run(given, { json, color, ...filter }) {
      const call = { method: 'GET' as const, path: `${path(given)}?${queryOf(filter)}` }
      const { body, value } = await ask(serverFromEnvironment(), call, schema)
      const rows = table(columns(new Date()), value.data, none)
      const { next_cursor: next } = value
      const more = typeof next === 'string' ? [blank, line([piece(`There are more: --cursor ${next}`, 'faint')])] : []
      output(body, [...rows, ...more], { color, ...(json === true ? { json } : {}) })
      return EXIT.ok
    },
  })
}
