import { z } from 'zod'
import { piece } from '../render/page.ts'
import { agoOf } from '../render/span.ts'
import { at, callCommand, said } from './call-command.ts'
import { group } from './command.ts'
import { listCommand } from './list-command.ts'

const workerSchema = z.object({
  name: z.string(),
  slots: z.number(),
  busy: z.number(),
  live: z.boolean(),
  draining: z.boolean(),
  seen_at: z.string(),
  jobs: z.array(z.object({ hostname: z.string(), step: z.string() })),
})

const drainingSchema = z.object({ name: z.string(), draining: z.boolean() })
const named: [string, string][] = [['<name>', 'of the worker']]

/** `moor workers …`: who works, and on what. */
export const workersCommand = group('workers', 'See who works on what, and have one take no more.', [
  listCommand({
    description: 'list workers, with what each has in hand',
    path: () => '/v1/workers',
    row: workerSchema,
    columns: (now) => [
      { title: 'Worker', show: ({ name }) => name },
      { title: 'Is', show: standing },
      { title: 'Busy', show: ({ busy, slots }) => `${busy}/${slots}`, align: 'right' },
      { title: 'Seen', show: ({ seen_at: seenAt }) => agoOf(seenAt, now) },
      { title: 'In hand', show: ({ jobs }) => jobs.map(({ hostname, step }) => `${hostname} ${step}`).join(', ') },
    ],
    none: 'There is no worker.',
    isWhole: true,
  }),
  callCommand({
    name: 'drain',
    description: 'have a worker finish what it has, and take nothing new',
    args: named,
    call: ([name]) => ({ method: 'POST', path: `${at('/v1/workers', name)}/drain` }),
    answer: drainingSchema,
    page: ({ name }) => said(`${name} takes nothing new from its next heartbeat on.`),
  }),
  callCommand({
    name: 'resume',
    description: 'have a drained worker take work again',
    args: named,
    call: ([name]) => ({ method: 'POST', path: `${at('/v1/workers', name)}/resume` }),
    answer: drainingSchema,
    page: ({ name }) => said(`${name} takes work again from its next heartbeat on.`),
  }),
])

function standing({ live, draining }: z.output<typeof workerSchema>) {
  if (!live) return piece('silent', 'bad')
  return draining ? piece('draining', 'doubtful') : piece('live', 'good')
}
