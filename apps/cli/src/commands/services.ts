import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { line, piece } from '../render/page.ts'
import { servicePage } from '../render/service-page.ts'
import { ask } from '../server/ask.ts'
import { serverFromEnvironment } from '../server/server-from-environment.ts'
import { type ServiceAnswer, serviceSchema } from '../server/service-answer.ts'
import { argument } from './argument.ts'
import { at, callCommand, nothing, said } from './call-command.ts'
import { type ChangeOptions, command, group } from './command.ts'
import { listCommand } from './list-command.ts'
import { option } from './option.ts'
import { type OutputOptions, output } from './output.ts'

const named: [string, string][] = [['<name>', 'of the service']]

const showCommand = command<OutputOptions>({
  name: 'show',
  description: 'say where a service leads, and which edges have its last change',
  args: named,
  async run([name], options) {
    const call = { method: 'GET' as const, path: at('/v1/services', name) }
    const { body, value } = await ask(serverFromEnvironment(), call, serviceSchema)
    output(body, servicePage(value), options)
    return EXIT.ok
  },
})

interface SetOptions extends ChangeOptions {
  server: string[]
  https: boolean
  tlsName?: string
  healthPath?: string
  healthInterval?: number
  tenant?: string
}

const seconds = argument(z.coerce.number<string>('A number of seconds is needed.'))

const setCommand = callCommand<ServiceAnswer, SetOptions>({
  name: 'set',
  description: 'make a service, or make it another: it is what is said here, and nothing of what it was',
  args: [['<name>', 'what targets call it, such as shop-api']],
  options: [
    option('--server <host:port...>', 'where it is; may be private').makeOptionMandatory(),
    option('--https', 'its servers are spoken to over TLS', false),
    option('--tls-name <name>', 'the name in their certificates'),
    option('--health-path <path>', 'asked of each server, such as /healthz'),
    option('--health-interval <seconds>', 'how often').argParser(seconds),
    option('--tenant <tenant>', 'whose domains may use it; without it, all'),
  ],
  after: `
For example:
  moor services set web --server 10.0.0.7:80 10.0.0.8:80 --health-path /healthz`,
  call: ([name], { server: servers, https, tlsName, tenant, ...options }) => ({
    method: 'PUT',
    path: at('/v1/services', name),
    body: { servers, scheme: https ? 'https' : 'http', tls_name: tlsName, health: healthOf(options), tenant },
  }),
  answer: serviceSchema,
  page: (service) => [
    ...servicePage(service),
    ...(service.edges.pending.length === 0
      ? []
      : [line([piece(`Later: moor services show ${service.name}`, 'faint')])]),
  ],
})

function healthOf({ healthPath: path, healthInterval }: Pick<SetOptions, 'healthPath' | 'healthInterval'>) {
  if (path !== undefined) return { path, interval_seconds: healthInterval }
  if (healthInterval === undefined) return undefined
  throw new Failure(EXIT.usage, 'What is to be asked for? --health-interval needs --health-path <path>.')
}

/** `moor services …`: upstream servers of the platform. */
export const servicesCommand = group('services', 'See and change the upstream servers that targets name.', [
  listCommand({
    description: 'list services',
    path: () => '/v1/services',
    row: serviceSchema,
    columns: () => [
      { title: 'Service', show: ({ name }) => name },
      { title: 'Tenant', show: ({ tenant }) => tenant ?? '-' },
      { title: 'Over', show: ({ scheme }) => scheme },
      { title: 'Edges', show: reached, align: 'right' },
      { title: 'Servers', show: ({ servers }) => servers.join(', ') },
    ],
    none: 'There is no service.',
    isWhole: true,
  }),
  showCommand,
  setCommand,
  callCommand({
    name: 'delete',
    description: 'forget a service that no domain uses',
    args: named,
    call: ([name]) => ({ method: 'DELETE', path: at('/v1/services', name) }),
    answer: nothing,
    page: (_, [name]) => said(`${name} is forgotten.`),
  }),
])

/** How many edges have its last change, of how many. */
function reached({ edges: { applied, pending, silent } }: ServiceAnswer) {
  const all = applied + pending.length + silent.length
  return piece(`${applied}/${all}`, applied === all ? 'plain' : 'doubtful')
}
