import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { copy, line, type Page, piece, type Piece } from '../render/page.ts'
import { agoOf } from '../render/span.ts'
import { at, callCommand, nothing, said } from './call-command.ts'
import { type ChangeOptions, group } from './command.ts'
import { listCommand } from './list-command.ts'
import { option } from './option.ts'

const webhookSchema = z.object({
  id: z.string(),
  url: z.string(),
  tenant: z.string().nullable(),
  types: z.array(z.string()).nullable(),
  enabled: z.boolean(),
})

const madeSchema = webhookSchema.extend({ secret: z.string() })

const deliverySchema = z.object({
  id: z.string(),
  type: z.string(),
  status: z.string(),
  attempt: z.number(),
  tries: z.array(z.object({ at: z.string(), status: z.number().nullable(), error: z.string().nullable() })),
  created_at: z.string(),
})

type AddOptions = ChangeOptions & { tenant?: string; type?: string[]; description?: string }
type ReplayOptions = ChangeOptions & { since?: string; message?: string }
const known: [string, string][] = [['<id>', 'of the webhook']]

/** `moor webhooks …`: addresses that are told of events. */
export const webhooksCommand = group('webhooks', 'See webhooks and what was sent to them, and send it again.', [
  listCommand({
    description: 'list webhooks',
    path: () => '/v1/webhooks',
    row: webhookSchema,
    columns: () => [
      { title: 'Id', show: ({ id }) => id },
      { title: 'Is', show: ({ enabled }) => (enabled ? piece('enabled', 'good') : piece('disabled', 'bad')) },
      { title: 'Tenant', show: ({ tenant }) => tenant ?? '-' },
      { title: 'Address', show: ({ url }) => url },
    ],
    none: 'There is no webhook.',
  }),
  callCommand<z.output<typeof madeSchema>, AddOptions>({
    name: 'add',
    description: 'have an address told of events; its secret is shown once',
    args: [['<url>', 'an https:// address']],
    options: [
      option('--type <type...>', 'such as domain.active; without it, all'),
      option('--tenant <tenant>', 'whose domains it hears of; without it, all'),
      option('--description <text>', 'for people'),
    ],
    call: ([url], { type: types, tenant, description }) => ({
      method: 'POST',
      path: '/v1/webhooks',
      body: { url, types, tenant, description },
    }),
    answer: madeSchema,
    page: secretPage,
  }),
  callCommand({
    name: 'rotate',
    description: 'make a new secret; for a day the one before signs as well',
    args: known,
    call: ([id]) => ({ method: 'POST', path: `${at('/v1/webhooks', id)}/secret` }),
    answer: madeSchema,
    page: secretPage,
  }),
  ...([true, false] as const).map((enabled) =>
    callCommand({
      name: enabled ? 'enable' : 'disable',
      description: enabled ? 'send to a webhook again, what it missed too' : 'send nothing to a webhook for now',
      args: known,
      call: ([id]) => ({ method: 'PATCH', path: at('/v1/webhooks', id), body: { enabled } }),
      answer: webhookSchema,
      page: ({ id }) => said(`${id} is ${enabled ? 'enabled' : 'disabled'}.`),
    }),
  ),
  callCommand({
    name: 'remove',
    description: 'remove a webhook with its deliveries',
    args: known,
    call: ([id]) => ({ method: 'DELETE', path: at('/v1/webhooks', id) }),
    answer: nothing,
    page: (_, [id]) => said(`${id} is removed.`),
  }),
  callCommand({
    name: 'test',
    description: 'send a message of the type webhook.test',
    args: known,
    call: ([id]) => ({ method: 'POST', path: `${at('/v1/webhooks', id)}/test` }),
    answer: deliverySchema,
    page: ({ id }, [webhook]) => said(`${id} is on its way: moor webhooks deliveries ${webhook}`),
  }),
  listCommand({
    name: 'deliveries',
    description: 'list what was sent, newest first',
    args: known,
    path: ([id]) => `${at('/v1/webhooks', id)}/deliveries`,
    filters: [option('--status <status>', 'only those').choices(['pending', 'delivered', 'failed'])],
    row: deliverySchema,
    columns: (now) => [
      { title: 'Message', show: ({ id }) => id },
      { title: 'Age', show: ({ created_at: madeAt }) => agoOf(madeAt, now) },
      { title: 'Is', show: standing },
      { title: 'Tries', show: ({ attempt }) => String(attempt), align: 'right' },
      { title: 'Type', show: ({ type }) => type },
      { title: 'Last answer', show: ({ tries }) => answerOf(tries.at(-1)) },
    ],
    none: 'Nothing was sent.',
  }),
  callCommand<{ replayed?: number | undefined }, ReplayOptions>({
    name: 'replay',
    description: 'send one message again, or everything since a time',
    args: known,
    options: [
      option('--message <id>', 'this one').conflicts('since'),
      option('--since <time>', 'such as 2027-01-31T00:00:00Z'),
    ],
    call: ([id], { message, since }) => {
      const path = at('/v1/webhooks', id)
      if (message !== undefined) return { method: 'POST', path: `${at(`${path}/deliveries`, message)}/replay` }
      if (since !== undefined) return { method: 'POST', path: `${path}/replay`, body: { since } }
      throw new Failure(EXIT.usage, 'What is to be sent again? Say --message <id> or --since <time>.')
    },
    answer: z.object({ replayed: z.number().optional() }),
    page: ({ replayed = 1 }) => said(`Sent again: ${replayed}.`),
  }),
])

function secretPage({ id, url, secret }: z.output<typeof madeSchema>): Page {
  return [
    line([piece(id, 'strong'), piece(` signs what it sends to ${url}. The secret is shown this once:`)]),
    copy('Secret', secret, { indent: 2 }),
  ]
}

function standing({ status }: z.output<typeof deliverySchema>): Piece {
  if (status === 'delivered') return piece(status, 'good')
  return piece(status, status === 'failed' ? 'bad' : 'doubtful')
}

const answerOf = (last: z.output<typeof deliverySchema>['tries'][number] | undefined): string =>
  last === undefined ? '-' : (last.error ?? String(last.status))
