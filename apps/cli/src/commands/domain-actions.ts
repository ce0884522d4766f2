import { EXIT } from '../exit-codes.ts'
import { domainPage } from '../render/domain-page.ts'
import { ask } from '../server/ask.ts'
import { domainSchema } from '../server/domain-answer.ts'
import { serverFromEnvironment } from '../server/server-from-environment.ts'
import { at, callCommand } from './call-command.ts'
import { type ChangeOptions, command } from './command.ts'
import { option } from './option.ts'
import { type OutputOptions, output } from './output.ts'

const args: [string, string][] = [['<hostname>', 'or the id of a domain']]

export const showCommand = command<OutputOptions>({
  name: 'show',
  description: 'say where a domain stands, and what is to be typed where',
  args,
  async run([hostname], options) {
    const call = { method: 'GET' as const, path: at('/v1/domains', hostname) }
    const { body, value } = await ask(serverFromEnvironment(), call, domainSchema)
    output(body, domainPage(value), options)
    return EXIT.ok
  },
})

const ACTIONS = {
  check: 'look at the domain now',
  retry: 'let a failed domain go on where it failed',
  renew: 'renew the certificate of an active domain now',
  suspend: 'show a holding page in place of the site',
  resume: 'end a suspension',
  restore: 'bring a leaving domain back within its grace',
  'rotate-token': 'make a new ownership token',
  erase: 'forget whatever a person typed of a domain that has left',
}

export const actionCommands = Object.entries(ACTIONS).map(([action, description]) =>
  callCommand({
    name: action,
    description,
    args,
    call: ([hostname]) => ({ method: 'POST', path: `${at('/v1/domains', hostname)}/${action}` }),
    answer: domainSchema,
    page: domainPage,
  }),
)

type DeleteOptions = ChangeOptions & { immediate: boolean; revoke: boolean }

export const deleteCommand = callCommand<Parameters<typeof domainPage>[0], DeleteOptions>({
  name: 'delete',
  description: 'let a domain go',
  args,
  options: [
    option('--immediate', 'without a grace in which it could come back', false),
    option('--revoke', 'have its certificate revoked', false),
  ],
  call: ([hostname], { immediate, revoke }) => ({
    method: 'DELETE',
    path: `${at('/v1/domains', hostname)}?immediate=${immediate}&revoke=${revoke}`,
  }),
  answer: domainSchema,
  page: domainPage,
})
