import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { momentOf } from '../render/numeral.ts'
import { piece } from '../render/page.ts'
import { aheadOf } from '../render/span.ts'
import { at, callCommand, nothing, said } from './call-command.ts'
import { type ChangeOptions, group } from './command.ts'
import { listCommand } from './list-command.ts'
import { option } from './option.ts'

const silenceSchema = z.object({
  id: z.string(),
  code: z.string().nullable(),
  tenant: z.string().nullable(),
  until: z.string(),
  why: z.string(),
  created_by: z.string(),
})

type AddOptions = ChangeOptions & { for: string; code?: string; tenant?: string }

/** `moor silence …`: notices that nobody is to get for a while. */
export const silenceCommand = group('silence', 'Hold notices back for a while; they are counted all the same.', [
  listCommand({
    description: 'list the silences in force',
    path: () => '/v1/silences',
    row: silenceSchema,
    columns: (now) => [
      { title: 'Code', show: ({ code }) => code ?? 'any' },
      { title: 'Tenant', show: ({ tenant }) => tenant ?? 'any' },
      { title: 'Ends', show: ({ until }) => aheadOf(until, now) },
      { title: 'Id', show: ({ id }) => piece(id, 'faint') },
      { title: 'Why', show: ({ why, created_by: who }) => `${why} (${who})` },
    ],
    none: 'Nothing is silenced.',
    isWhole: true,
  }),
  callCommand<z.output<typeof silenceSchema>, AddOptions>({
    name: 'add',
    description: 'hold notices back; --why is needed',
    options: [
      option('--for <time>', 'such as 30m, 2h or 7d').makeOptionMandatory(),
      option('--code <code>', 'such as CA_UNAVAILABLE; without it, any'),
      option('--tenant <tenant>', 'whose; without it, any'),
    ],
    call: (_, { for: span, code, tenant, why }) => {
      if (why === undefined) throw new Failure(EXIT.usage, 'Others will wonder: say --why <text>.')
      const until = new Date(Date.now() + millisecondsIn(span)).toISOString()
      return { method: 'POST', path: '/v1/silences', body: { code, tenant, until, why } }
    },
    answer: silenceSchema,
    page: ({ id, until }) => said(`Silent until ${momentOf(until)} (${id}).`),
  }),
  callCommand({
    name: 'end',
    description: 'end a silence now; what it held back is told',
    args: [['<id>', 'of the silence']],
    call: ([id]) => ({ method: 'DELETE', path: at('/v1/silences', id) }),
    answer: nothing,
    page: (_, [id]) => said(`${id} is over.`),
  }),
])

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

function millisecondsIn(span: string): number {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(span) ?? []
  if (count === undefined) throw new Failure(EXIT.usage, `"${span}" is no length of time: say 30m, 2h or 7d.`)
  return Number(count) * (UNITS[unit] ?? 0)
}
