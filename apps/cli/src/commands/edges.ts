import { z } from 'zod'
import { copy, line, piece } from '../render/page.ts'
import { agoOf } from '../render/span.ts'
import { at, callCommand, nothing, said } from './call-command.ts'
import { group } from './command.ts'
import { listCommand } from './list-command.ts'
import { option } from './option.ts'

const edgeSchema = z.object({
  id: z.string(),
  name: z.string(),
  pool: z.string(),
  live: z.boolean(),
  quarantined_at: z.string().nullish(),
  last_seen_at: z.string().nullable(),
  generation: z.number(),
})

/** `moor edges …`: the web servers in front. */
export const edgesCommand = group('edges', 'See the edges, enrol one, or forget one.', [
  listCommand({
    description: 'list edges',
    path: () => '/v1/edges',
    row: edgeSchema,
    columns: (now) => [
      { title: 'Edge', show: ({ name }) => name },
      { title: 'Pool', show: ({ pool }) => pool },
      { title: 'Is', show: standing },
      { title: 'Generation', show: ({ generation }) => String(generation), align: 'right' },
      { title: 'Seen', show: ({ last_seen_at: seenAt }) => agoOf(seenAt, now) },
      { title: 'Id', show: ({ id }) => piece(id, 'faint') },
    ],
    none: 'There is no edge.',
    isWhole: true,
  }),
  callCommand<{ id: string; name: string; token: string }, { pool: string; color: boolean }>({
    name: 'enrol',
    description: 'enrol an edge, or give a known one a new token',
    args: [['<name>', 'of the edge']],
    options: [option('--pool <pool>', 'the edges that serve the same domains', 'default')],
    call: ([name], { pool }) => ({ method: 'POST', path: '/v1/edges', body: { name, pool } }),
    answer: z.object({ id: z.string(), name: z.string(), token: z.string() }),
    page: ({ id, name, token }) => [
      line([piece(name, 'strong'), piece(` is enrolled (${id}). Its token is shown this once:`)]),
      copy('Token', token, { indent: 2 }),
    ],
  }),
  ...Object.entries({
    quarantine: 'set an edge apart: nobody waits for it',
    release: 'count on an edge again',
  }).map(([name, description]) =>
    callCommand({
      name,
      description,
      args: [['<id>', 'of the edge']],
      call: ([id]) => ({ method: 'POST', path: `${at('/v1/edges', id)}/${name}` }),
      answer: nothing,
      page: (_, [id]) => said(name === 'release' ? `${id} is counted on again.` : `${id} is set apart.`),
    }),
  ),
  callCommand({
    name: 'forget',
    description: 'forget an edge: its token stops working, and removals no longer wait for it',
    args: [['<id>', 'of the edge']],
    call: ([id]) => ({ method: 'DELETE', path: at('/v1/edges', id) }),
    answer: nothing,
    page: (_, [id]) => said(`${id} is forgotten.`),
  }),
])

function standing({ live, quarantined_at: quarantinedAt }: z.output<typeof edgeSchema>) {
  if (quarantinedAt !== undefined && quarantinedAt !== null) return piece('set apart', 'doubtful')
  return live ? piece('live', 'good') : piece('silent', 'bad')
}
