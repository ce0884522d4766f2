import { VERIFICATION_METHODS, type VerificationMethod } from '@mooring/core'
import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { domainPage } from '../render/domain-page.ts'
import { ask } from '../server/ask.ts'
import { domainSchema } from '../server/domain-answer.ts'
import { serverFromEnvironment } from '../server/server-from-environment.ts'
import { at } from './call-command.ts'
import { type ChangeOptions, command, whyOption } from './command.ts'
import { watchDomain } from './domain-watch.ts'
import { option } from './option.ts'
import { output } from './output.ts'

interface AddOptions extends ChangeOptions {
  to?: string
  service?: string
  redirect?: string
  method: VerificationMethod
  routing: boolean
  tenant?: string
  watch: boolean
}

export const addCommand = command<AddOptions>({
  name: 'add',
  description: 'launch a domain',
  args: [['<hostname>', 'such as shop.example.com']],
  options: [
    option('--to <url>', 'the server that answers, such as http://192.0.2.7:8080').conflicts(['redirect', 'service']),
    option('--service <name>', 'the service of the platform that answers').conflicts('redirect'),
    option('--redirect <url>', 'send every request there'),
    option('--method <method>', 'how ownership is proved', 'txt').choices(VERIFICATION_METHODS),
    option('--no-routing', 'the name may lead elsewhere'),
    option('--tenant <tenant>', 'whom the domain is for'),
    option('--watch', 'stay, and show the launch as it happens', false),
    whyOption(),
  ],
  async run([hostname], options) {
    const { method, routing, tenant, watch, why } = options
    const body = { hostname, target: targetOf(options), verification: { method, routing }, tenant }
    const call = { method: 'POST' as const, path: '/v1/domains', body, reason: why }
    const added = await ask(serverFromEnvironment(), call, domainSchema)
    if (watch) return watchDomain(added.value.id, options)
    output(added.body, domainPage(added.value), options)
    return EXIT.ok
  },
})

function targetOf({ to, service, redirect }: AddOptions): object {
  if (to !== undefined) return { type: 'proxy', url: to }
  if (service !== undefined) return { type: 'proxy', service }
  if (redirect !== undefined) return { type: 'redirect', url: redirect }
  throw new Failure(EXIT.usage, 'A domain needs a target: --to <url>, --service <name> or --redirect <url>.')
}

const movedSchema = z.object({
  hostname: z.string(),
  target: z.record(z.string(), z.unknown()),
  verification: z.object({ method: z.string(), routing: z.boolean() }),
  tls: z.record(z.string(), z.unknown()),
  edge_pool: z.string(),
  metadata: z.record(z.string(), z.unknown()),
})

/** The name goes to whoever proves it last: the other tenant claims it, and has to add the records that are shown. */
export const moveCommand = command<ChangeOptions & { tenant: string }>({
  name: 'move',
  description: 'have another tenant claim the hostname, with the same target; it moves once that one proves it',
  args: [['<hostname>', 'or the id of a domain']],
  options: [option('--tenant <tenant>', 'who is to have it').makeOptionMandatory(), whyOption()],
  async run([hostname], options) {
    const server = serverFromEnvironment()
    const { value } = await ask(server, { method: 'GET', path: at('/v1/domains', hostname) }, movedSchema)
    const body = { ...value, tenant: options.tenant }
    const call = { method: 'POST' as const, path: '/v1/domains', body, reason: options.why }
    const claim = await ask(server, call, domainSchema)
    output(claim.body, domainPage(claim.value), options)
    return EXIT.ok
  },
})
