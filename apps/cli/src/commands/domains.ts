import { z } from 'zod'
import { momentOf } from '../render/numeral.ts'
import { piece } from '../render/page.ts'
import { bulkCommand } from './bulk-command.ts'
import { at } from './call-command.ts'
import { group } from './command.ts'
import { actionCommands, deleteCommand, showCommand } from './domain-actions.ts'
import { addCommand, moveCommand } from './domain-launch.ts'
import { listDomainsCommand } from './domain-list.ts'
import { watchCommand } from './domain-watch.ts'
import { listCommand } from './list-command.ts'
import { option } from './option.ts'

const known: [string, string][] = [['<hostname>', 'or the id of a domain']]

const BULK = {
  check: 'look at all of them now',
  retry: 'let all failed ones go on where they failed',
  renew: 'renew the certificates of all of them now',
  suspend: 'show a holding page in place of all of them',
  resume: 'end the suspension of all of them',
  delete: 'let all of them go',
}

const filters = () => [
  option('--state <state>', 'such as verifying, active or failed'),
  option('--reason <code>', 'such as DNS_RECORD_MISSING'),
  option('--actor <who>', 'who must act: customer, platform, operator, ca or nobody'),
  option('--tenant <tenant>', 'whom they are for'),
  option('--service <name>', 'whose target is this service'),
  option('--q <text>', 'part of the hostname'),
]

/** `moor domains …`: the domains of the server at MOORING_API_URL. */
export const domainsCommand = group(
  'domains',
  'Launch, watch and change the domains of the server at MOORING_API_URL.',
  [
    addCommand,
    listDomainsCommand,
    showCommand,
    watchCommand,
    listCommand({
      name: 'events',
      description: 'list what happened to a domain, newest first',
      args: known,
      path: ([hostname]) => `${at('/v1/domains', hostname)}/events`,
      row: z.object({ at: z.string(), type: z.string(), actor: z.string() }),
      columns: () => [
        { title: 'At', show: (event) => momentOf(event.at) },
        { title: 'Event', show: ({ type }) => type },
        { title: 'By', show: ({ actor }) => actor },
      ],
      none: 'Nothing happened.',
    }),
    listCommand({
      name: 'attempts',
      description: 'list the steps that workers ran for a domain, newest first',
      args: known,
      path: ([hostname]) => `${at('/v1/domains', hostname)}/attempts`,
      row: z.object({
        started_at: z.string(),
        step: z.string(),
        worker: z.string(),
        outcome: z.string(),
        code: z.string().nullable(),
      }),
      columns: () => [
        { title: 'At', show: ({ started_at: startedAt }) => momentOf(startedAt) },
        { title: 'Step', show: ({ step }) => step },
        { title: 'Outcome', show: ({ outcome }) => piece(outcome, outcome === 'failed' ? 'bad' : 'plain') },
        { title: 'Worker', show: ({ worker }) => piece(worker, 'faint') },
        { title: 'Code', show: ({ code }) => code ?? '' },
      ],
      none: 'No step was run.',
    }),
    ...actionCommands,
    moveCommand,
    deleteCommand,
    group(
      'bulk',
      'Act on all domains that a filter picks.',
      Object.entries(BULK).map(([action, description]) =>
        bulkCommand({
          name: action,
          description,
          path: '/v1/domains:bulk-actions',
          action,
          things: 'domains',
          filters: filters(),
        }),
      ),
    ),
  ],
)
