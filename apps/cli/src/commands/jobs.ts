import { JOB_KINDS, LANES, STEP_NAMES } from '@mooring/core'
import { z } from 'zod'
import { agoOf } from '../render/span.ts'
import { bulkCommand } from './bulk-command.ts'
import { group } from './command.ts'
import { listCommand } from './list-command.ts'
import { option } from './option.ts'

const jobSchema = z.object({
  kind: z.string(),
  hostname: z.string(),
  step: z.string().nullable(),
  worker: z.string().nullable(),
  attempt: z.number().nullable(),
  reason: z.object({ code: z.string() }).nullable(),
  dead_letter: z.object({ code: z.string() }).nullish(),
  at: z.string(),
})

const filters = () => [
  option('--kind <kind>', 'due, running, waiting, failed or dead').choices(JOB_KINDS),
  option('--q <text>', 'part of the hostname'),
  option('--lane <lane>', 'how urgent they are').choices(LANES),
  option('--tenant <tenant>', 'whose they are'),
  option('--worker <name>', 'who has them, or had them last'),
  option('--step <step>', 'where they are').choices(STEP_NAMES),
  option('--reason <code>', 'such as CA_UNAVAILABLE'),
]

const ACTIONS = {
  retry: 'let failed domains go on where they failed',
  check: 'look at them now',
  cancel: 'give up launches that never became active',
  replay: 'hint again what dead letters hinted',
  discard: 'remove dead letters',
}

/** `moor jobs …`: domains as work. */
export const jobsCommand = group('jobs', 'See what the workers have to do, and act on all that a filter picks.', [
  listCommand({
    description: 'list jobs of a kind',
    path: () => '/v1/jobs',
    filters: filters(),
    row: jobSchema,
    columns: (now) => [
      { title: 'Kind', show: ({ kind }) => kind },
      { title: 'Hostname', show: ({ hostname }) => hostname },
      { title: 'Step', show: ({ step }) => step ?? '-' },
      { title: 'Since', show: ({ at }) => (Date.parse(at) > now.getTime() ? 'later' : agoOf(at, now)) },
      { title: 'Reason', show: ({ reason, dead_letter: letter }) => reason?.code ?? letter?.code ?? '' },
    ],
    none: 'No job fits.',
  }),
  ...Object.entries(ACTIONS).map(([action, description]) =>
    bulkCommand({ name: action, description, path: '/v1/jobs:bulk', action, things: 'jobs', filters: filters() }),
  ),
])
