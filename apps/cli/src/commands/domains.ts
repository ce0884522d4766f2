import { VERIFICATION_METHODS, type VerificationMethod } from '@mooring/core'
import { Command, Option } from 'commander'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { listDomains, performOnDomain, watchDomain } from './domain-calls.ts'
import { type OutputOptions, outputOptions } from './output.ts'

type ExitWith = (code: ExitCode) => void

const ACTIONS = {
  check: 'look at the domain now',
  retry: 'let a failed domain go on where it failed',
  renew: 'renew the certificate of an active domain now',
  suspend: 'show a holding page in place of the site',
  resume: 'end a suspension',
  restore: 'bring a leaving domain back within its grace',
  'rotate-token': 'make a new ownership token',
}

/** `moor domains …`: the domains of the server at MOORING_API_URL. `exitWith` is told what the command comes to. */
export function domainsCommand(exitWith: ExitWith): Command {
  const domains = new Command('domains')
    .description('Launch, watch and change the domains of the server at MOORING_API_URL.')
    .helpCommand(false)
  const commands = [addCommand, listCommand, showCommand, watchCommand, ...actionCommands(), deleteCommand]
  for (const make of commands) {
    const command = make(exitWith)
    for (const option of outputOptions()) command.addOption(option)
    domains.addCommand(command)
  }
  return domains
}

const onDomain = (name: string, description: string): Command =>
  new Command(name).description(description).argument('<hostname>', 'or the id of a domain')

const pathOf = (hostname: string): string => `/v1/domains/${encodeURIComponent(hostname)}`

interface AddOptions extends OutputOptions {
  to?: string
  redirect?: string
  method: VerificationMethod
  routing: boolean
  tenant?: string
}

const addCommand = (exitWith: ExitWith): Command =>
  new Command('add')
    .description('launch a domain')
    .argument('<hostname>', 'such as shop.example.com')
    .addOption(new Option('--to <url>', 'the server that answers, such as http://192.0.2.7:8080').conflicts('redirect'))
    .option('--redirect <url>', 'send every request there')
    .addOption(new Option('--method <method>', 'how ownership is proved').choices(VERIFICATION_METHODS).default('txt'))
    .option('--no-routing', 'the name may lead elsewhere')
    .option('--tenant <tenant>', 'whom the domain is for')
    .action(async (hostname: string, options: AddOptions) => {
      const { method, routing, tenant } = options
      const body = { hostname, target: targetOf(options), verification: { method, routing }, tenant }
      exitWith(await performOnDomain({ method: 'POST', path: '/v1/domains', body }, options))
    })

function targetOf({ to, redirect }: AddOptions): object {
  if (to !== undefined) return { type: 'proxy', url: to }
  if (redirect !== undefined) return { type: 'redirect', url: redirect }
  throw new Failure(EXIT.usage, 'A domain needs a target: --to <url> or --redirect <url>.')
}

interface ListOptions extends OutputOptions {
  state?: string
  reason?: string
  tenant?: string
  search?: string
  cursor?: string
}

const listCommand = (exitWith: ExitWith): Command =>
  new Command('list')
    .description('list domains, newest first')
    .option('--state <state>', 'such as verifying, active or failed')
    .option('--reason <code>', 'such as DNS_RECORD_MISSING')
    .option('--tenant <tenant>', 'whom they are for')
    .option('--search <text>', 'part of the hostname')
    .option('--cursor <cursor>', 'where the page before ended')
    .action(async (options: ListOptions) => {
      const { state, reason, tenant, search: q, cursor } = options
      const given = Object.entries({ state, reason, tenant, q, cursor }).filter((entry) => entry[1] !== undefined)
      const query = new URLSearchParams(given as [string, string][])
      exitWith(await listDomains(`/v1/domains?${query.toString()}`, options))
    })

const showCommand = (exitWith: ExitWith): Command =>
  onDomain('show', 'say where a domain stands, and what is to be typed where').action(
    async (hostname: string, options: OutputOptions) =>
      exitWith(await performOnDomain({ method: 'GET', path: pathOf(hostname) }, options)),
  )

const watchCommand = (exitWith: ExitWith): Command =>
  onDomain('watch', 'say each change until the domain is active or has failed').action(
    async (hostname: string, options: OutputOptions) => exitWith(await watchDomain(pathOf(hostname), options)),
  )

const actionCommands = () =>
  Object.entries(ACTIONS).map(
    ([action, description]) =>
      (exitWith: ExitWith): Command =>
        onDomain(action, description).action(async (hostname: string, options: OutputOptions) =>
          exitWith(await performOnDomain({ method: 'POST', path: `${pathOf(hostname)}/${action}` }, options)),
        ),
  )

interface DeleteOptions extends OutputOptions {
  immediate: boolean
  revoke: boolean
}

const deleteCommand = (exitWith: ExitWith): Command =>
  onDomain('delete', 'let a domain go')
    .option('--immediate', 'without a grace in which it could come back', false)
    .option('--revoke', 'have its certificate revoked', false)
    .action(async (hostname: string, options: DeleteOptions) => {
      const { immediate, revoke } = options
      const path = `${pathOf(hostname)}?immediate=${immediate}&revoke=${revoke}`
      exitWith(await performOnDomain({ method: 'DELETE', path }, options))
    })
