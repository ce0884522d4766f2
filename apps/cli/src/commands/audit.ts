import { open } from 'node:fs/promises'
import { verifyExport } from '@mooring/core'
import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { numberOf, numeral } from '../render/numeral.ts'
import { type Page, line, piece } from '../render/page.ts'
import { agoOf } from '../render/span.ts'
import { table } from '../render/table.ts'
import { ask } from '../server/ask.ts'
import { clientOf } from '../server/call-server.ts'
import { failureOf } from '../server/failure-of.ts'
import { serverFromEnvironment } from '../server/server-from-environment.ts'
import { command, group } from './command.ts'
import { listCommand } from './list-command.ts'
import { option } from './option.ts'
import { type OutputOptions, output } from './output.ts'
import { queryOf } from './query.ts'

const entrySchema = z.object({
  at: z.string(),
  /** A tenant is not told who of the platform it was, and a person may have been forgotten. */
  actor: z.object({ kind: z.string(), name: z.string().nullable() }),
  action: z.string(),
  subject: z.string().nullable(),
  why: z.string().nullable(),
})

const verdictSchema = z.object({
  chains: z.array(
    z.object({
      tenant: z.string().nullable(),
      entries: z.number(),
      ok: z.boolean(),
      broken_at: z.union([z.number(), z.string()]).nullable(),
    }),
  ),
})

type Verdict = z.output<typeof verdictSchema>

const tenantOption = () => option('--tenant <tenant>', 'of this one alone')

/** `moor audit …`: who did what, and whether the record of it is whole. */
export const auditCommand = group('audit', 'See who did what, hand it on, and see that nobody changed the record.', [
  listCommand({
    description: 'list what was done, newest first',
    path: () => '/v1/audit',
    filters: [
      tenantOption(),
      option('--actor <id>', 'of a key or a user'),
      option('--action <action>', 'such as domains.suspend'),
      option('--subject <id>', 'what it was done to'),
    ],
    row: entrySchema,
    columns: (now) => [
      { title: 'Age', show: ({ at }) => agoOf(at, now) },
      { title: 'Who', show: ({ actor }) => actor.name ?? `a ${actor.kind}` },
      { title: 'Did', show: ({ action }) => action },
      { title: 'To, and why', show: ({ subject, why }) => [subject ?? '-', why ?? ''].join('  ').trimEnd() },
    ],
    none: 'Nothing was done.',
  }),
  command<OutputOptions & { tenant?: string; file?: string }>({
    name: 'verify',
    description: 'see that no entry was changed, removed or put in between',
    options: [tenantOption(), option('--file <file>', 'of an export, without asking the server')],
    after: `
An export cannot show that its newest entries were cut off: keep what "head" says of each chain (--json) elsewhere, and compare.`,
    async run(_args, options) {
      const { body, value } = options.file === undefined ? await askServer(options) : await readExport(options.file)
      output(body, verdictPage(value), options)
      return value.chains.every(({ ok }) => ok) ? EXIT.ok : EXIT.wrong
    },
  }),
  command<OutputOptions & { tenant?: string }>({
    name: 'export',
    description: 'write all entries to standard output, one per line (NDJSON)',
    options: [tenantOption()],
    async run(_args, { tenant }) {
      await exportTo(process.stdout, `/v1/audit/export?${queryOf({ tenant })}`)
      return EXIT.ok
    },
  }),
])

interface Answer {
  body: unknown
  value: Verdict
}

function askServer({ tenant }: { tenant?: string }): Promise<Answer> {
  const path = `/v1/audit/verify?${queryOf({ tenant })}`
  return ask(serverFromEnvironment(), { method: 'GET', path }, verdictSchema)
}

/** Line by line: an export of years fits into no memory. */
async function readExport(file: string): Promise<Answer> {
  try {
    await using handle = await open(file)
    const verdicts = await verifyExport(handle.readLines())
    if (verdicts.length === 0) throw new Failure(EXIT.usage, `${file} is empty: it is no export.`)
    const chains = verdicts.map(({ brokenAt: broken_at, ...verdict }) => ({ ...verdict, broken_at }))
    return { body: { chains }, value: { chains } }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(EXIT.usage, `${file} cannot be read: ${(error as Error).message}`)
  }
}

function verdictPage({ chains }: Verdict): Page {
  const broken = chains.filter(({ ok }) => !ok)
  const entries = chains.reduce((sum, chain) => sum + chain.entries, 0)
  if (broken.length === 0) {
    const whole = `The record is whole: ${numberOf(entries, 'entry', 'entries')} in ${numberOf(chains.length, 'chain')}.`
    return [line([piece(whole, 'good')])]
  }
  return [
    line([piece('The record was tampered with, or is damaged.', 'bad')]),
    ...table(
      [
        { title: 'Chain', show: ({ tenant }) => (tenant === null || tenant === '' ? 'of the platform' : tenant) },
        { title: 'Entries', show: ({ entries: count }) => numeral(count), align: 'right' },
        { title: 'Broken at', show: ({ broken_at: place }) => piece(String(place), 'bad') },
      ],
      broken,
      '',
    ),
  ]
}

/** As it comes: the record of years fits into no memory. An export that was cut short says so. */
async function exportTo(stream: NodeJS.WriteStream, path: string): Promise<void> {
  try {
    const response = await clientOf(serverFromEnvironment()).open({ method: 'GET', path })
    for await (const piece of response.body ?? []) {
      if (!stream.write(piece)) await new Promise((resolve) => stream.once('drain', resolve))
    }
  } catch (error) {
    const failure = failureOf(error)
    if (failure instanceof Failure) throw failure
    throw new Failure(EXIT.unknown, 'The server stopped before the end: this is not all.')
  }
}
