import { setTimeout as pause } from 'node:timers/promises'
import { SECOND } from '@mooring/core'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { domainListPage, domainPage } from '../render/domain-page.ts'
import { ask } from '../server/ask.ts'
import type { Call } from '../server/call-server.ts'
import { type DomainAnswer, domainListSchema, domainSchema } from '../server/domain-answer.ts'
import { serverFromEnvironment } from '../server/server-from-environment.ts'
import { type OutputOptions, output } from './output.ts'

const BETWEEN_LOOKS_MS = 2 * SECOND

/** One call that answers with a domain, which is shown. */
export async function performOnDomain(call: Call, options: OutputOptions): Promise<ExitCode> {
  const domain = await ask(serverFromEnvironment(), call, domainSchema)
  output(domain.body, domainPage(domain.value), options)
  return EXIT.ok
}

export async function listDomains(path: string, options: OutputOptions): Promise<ExitCode> {
  const list = await ask(serverFromEnvironment(), { method: 'GET', path }, domainListSchema)
  output(list.body, domainListPage(list.value), options)
  return EXIT.ok
}

/** Shows the domain each time that its state or its reason is another, until nothing changes by itself any more. */
export async function watchDomain(path: string, options: OutputOptions): Promise<ExitCode> {
  const server = serverFromEnvironment()
  for (let shown = ''; ; await pause(BETWEEN_LOOKS_MS)) {
    const domain = await ask(server, { method: 'GET', path }, domainSchema)
    const news = `${domain.value.state} ${domain.value.reason?.message}`
    if (news !== shown) output(domain.body, domainPage(domain.value), options)
    shown = news
    const ending = endingOf(domain.value)
    if (ending !== null) return ending
  }
}

function endingOf({ state }: DomainAnswer): ExitCode | null {
  if (state === 'active' || state === 'deprovisioned') return EXIT.ok
  return state === 'failed' || state === 'suspended' ? EXIT.wrong : null
}
