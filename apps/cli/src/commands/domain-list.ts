import { EXIT } from '../exit-codes.ts'
import { domainListPage } from '../render/domain-page.ts'
import { ask } from '../server/ask.ts'
import { domainListSchema } from '../server/domain-answer.ts'
import { serverFromEnvironment } from '../server/server-from-environment.ts'
import { command } from './command.ts'
import { option } from './option.ts'
import { type OutputOptions, output } from './output.ts'
import { queryOf } from './query.ts'

interface ListOptions extends OutputOptions {
  state?: string
  reason?: string
  actor?: string
  tenant?: string
  service?: string
  search?: string
  expiresBefore?: string
  limit?: string
  cursor?: string
}

export const listDomainsCommand = command<ListOptions>({
  name: 'list',
  description: 'list domains, newest first',
  options: [
    option('--state <state>', 'such as verifying, active or failed'),
    option('--reason <code>', 'such as DNS_RECORD_MISSING'),
    option('--actor <who>', 'who must act: customer, platform, operator, ca or nobody'),
    option('--tenant <tenant>', 'whom they are for'),
    option('--service <name>', 'whose target is this service'),
    option('--search <text>', 'part of the hostname'),
    option('--expires-before <time>', 'whose certificates end before then, those that end first first'),
    option('--limit <count>', 'how many at most', '50'),
    option('--cursor <cursor>', 'where the page before ended'),
  ],
  async run(_args, { search: q, json, color, ...filter }) {
    const path = `/v1/domains?${queryOf({ ...filter, q })}`
    const { body, value } = await ask(serverFromEnvironment(), { method: 'GET', path }, domainListSchema)
    output(body, domainListPage(value), { color, ...(json === true ? { json } : {}) })
    return EXIT.ok
  },
})
